// Messages: arrows while they can be told apart, else how many of each family a node sends.

"use strict";

const kColumn = 3;  // pixels that share one bar

function paintMessages(app, ctx) {
  const view = messagesInView(app);
  app.arrows = view.arrows;
  app.bars = view.bars;
  if (view.bars.length > 0) paintBars(app, ctx, view);
  else app.peak = 0;
  paintArrows(app, ctx, view.arrows);
}

// Shares the messages in view out: families one by one as long as arrows have room, the most
// telling first.
function messagesInView(app) {
  const {run, axis} = app;
  const {shown} = app.filter;
  const {sent, took, kind, tookMax} = run.messages;
  const first = lowerBound(sent, axis.from - tookMax);
  const begin = lowerBound(sent, axis.from, first);
  const end = lowerBound(sent, axis.to, begin);
  const family = Uint8Array.from(run.kinds, (k) => k.family);
  const counts = new Uint32Array(kFamilies.length);
  const columns = Math.ceil(axis.width / kColumn) + 1;
  const used = new Uint8Array(kFamilies.length * columns);
  const {from} = axis;
  const perColumn = (columns - 1) / axis.span;
  for (let i = first; i < end; ++i) {
    if (shown[i] === 0 || (i < begin && sent[i] + took[i] < from)) continue;
    const f = family[kind[i]];
    ++counts[f];
    used[f * columns + (Math.max(sent[i] - from, 0) * perColumn | 0)] = 1;
  }
  let room = Math.max(300, axis.width * 0.55);
  const alone = Array.from(counts, (count, f) => {
    let spread = 0;
    for (let column = 0; column < columns; ++column) spread += used[f * columns + column];
    const isCrowd = count > (kFamilies[f].name === "votes" ? 200 : 60) && count > spread * 2.5;
    if (count > room || isCrowd) return false;
    room -= count;
    return true;
  });
  const arrows = [];
  const bars = kFamilies.map((_, f) => f).filter((f) => !alone[f] && counts[f] > 0);
  if (alone.some((is, f) => is && counts[f] > 0)) {
    for (let i = first; i < end; ++i) {
      const isInView = i >= begin || sent[i] + took[i] >= from;
      if (shown[i] && alone[family[kind[i]]] && isInView) arrows.push(i);
    }
  }
  return {arrows, bars, begin, end, family};
}

// Bars stand on the lower edge of the sender's lane; a red part did not arrive.
function paintBars(app, ctx, {bars, begin, end, family}) {
  const {run, axis, layout, colors, search} = app;
  const {shown} = app.filter;
  const {sent, from, kind, fate} = run.messages;
  const columns = Math.ceil(axis.width / kColumn);
  const parts = kFamilies.length + 1;  // the last: failed
  const counts = new Uint32Array(run.nodes.length * columns * parts);
  const isBar = Uint8Array.from(kFamilies, (_, f) => bars.includes(f) ? 1 : 0);
  const wanted = search.isActive ? 2 : 1;
  const perColumn = columns / axis.span;
  const start = axis.from;
  for (let i = begin; i < end; ++i) {
    const f = family[kind[i]];
    if (shown[i] < wanted || isBar[f] === 0) continue;
    const column = Math.min((sent[i] - start) * perColumn | 0, columns - 1);
    const part = fate[i] === 0 ? f : parts - 1;
    ++counts[(from[i] * columns + column) * parts + part];
  }
  const peak = usualPeak(counts, parts);
  app.peak = peak / (axis.span / columns) * 1e6;  // a second
  for (let part = 0; part < parts; ++part) {
    ctx.fillStyle = part === parts - 1 ? colors["fault"] : colors[kFamilies[part].name];
    for (const lane of layout.nodes) {
      const scale = (lane.bottom - lane.bars) / peak;
      for (let column = 0; column < columns; ++column) {
        const cell = (lane.node * columns + column) * parts;
        const count = counts[cell + part];
        if (count === 0) continue;
        let under = 0;
        for (let other = part + 1; other < parts; ++other) under += counts[cell + other];
        const top = Math.max(lane.bottom - Math.max((under + count) * scale, 0.7), lane.bars);
        const height = lane.bottom - under * scale - top;
        const x = axis.left + column * kColumn;
        if (height > 0) ctx.fillRect(x, top, kColumn - 0.5, height);
      }
    }
  }
}

// The highest bar but for a few outliers, which are cut: a burst must not flatten all the rest.
function usualPeak(counts, parts) {
  const sums = [];
  for (let cell = 0; cell < counts.length; cell += parts) {
    let sum = 0;
    for (let part = 0; part < parts; ++part) sum += counts[cell + part];
    if (sum > 0) sums.push(sum);
  }
  sums.sort((a, b) => a - b);
  const usual = sums[Math.floor(sums.length * 0.98)] ?? 1;
  return Math.min(sums.at(-1) ?? 1, Math.max(usual * 1.4, 3));
}

// Where an arrow is drawn; null if one of its lanes is hidden. What did not arrive ends half-way.
function arrowLine(app, i) {
  const {run, axis, layout} = app;
  const {from, to, sent, took, fate} = run.messages;
  const a = layout.laneOf.get(from[i]);
  const b = layout.laneOf.get(to[i]);
  if (!a || !b) return null;
  const down = b.y > a.y;
  const x1 = axis.x(sent[i]);
  const y1 = down ? a.band + kBand : a.band;
  let x2 = axis.x(sent[i] + took[i]);
  let y2 = down ? b.band : b.band + kBand;
  if (fate[i] >= 1 && fate[i] <= 3) {
    x2 = (x1 + x2) / 2;
    y2 = (y1 + y2) / 2;
  }
  return {x1, y1, x2, y2};
}

function paintArrows(app, ctx, arrows) {
  const {run, search, filter, colors} = app;
  const groups = new Map();  // by colour, fate and whether it is found
  for (const i of arrows) {
    const line = arrowLine(app, i);
    if (!line) continue;
    const found = !search.isActive || (filter.shown[i] & 2) > 0;
    const fate = run.messages.fate[i];
    const key = `${run.kinds[run.messages.kind[i]].family} ${fate} ${found ? 1 : 0}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(line);
  }
  const crowd = Math.min(1, 260 / Math.max(arrows.length, 1));
  for (const [key, lines] of groups) {
    const [family, fate, found] = key.split(" ").map(Number);
    ctx.globalAlpha = found ? 0.45 + 0.5 * crowd : 0.1;
    const color = colors[kFamilies[family].name];
    ctx.strokeStyle = color;
    ctx.lineWidth = 1 + 0.4 * crowd;
    ctx.setLineDash(fate === 1 ? [5, 3] : fate === 2 ? [2, 3] : []);
    ctx.beginPath();
    for (const {x1, y1, x2, y2} of lines) {
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = color;
    if (fate !== 0) paintEnds(ctx, lines, fate, colors);
    else if (arrows.length < 700) paintHeads(ctx, lines);
  }
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1;
  if (arrows.length <= 120) paintArrowLabels(app, ctx, arrows);
}

function paintHeads(ctx, lines) {
  ctx.beginPath();
  for (const {x1, y1, x2, y2} of lines) {
    const angle = Math.atan2(y2 - y1, x2 - x1);
    ctx.moveTo(x2, y2);
    ctx.lineTo(x2 - 8 * Math.cos(angle - 0.32), y2 - 8 * Math.sin(angle - 0.32));
    ctx.lineTo(x2 - 8 * Math.cos(angle + 0.32), y2 - 8 * Math.sin(angle + 0.32));
  }
  ctx.fill();
}

// Lost: a cross. Cut: a wall. Damaged: a filled rhomb. Unheard: an empty ring at the dead node.
function paintEnds(ctx, lines, fate, colors) {
  ctx.strokeStyle = ctx.fillStyle = colors["fault"];
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  for (const {x1, y1, x2, y2} of lines) {
    const size = 4;
    if (fate === 1) {
      ctx.moveTo(x2 - size, y2 - size);
      ctx.lineTo(x2 + size, y2 + size);
      ctx.moveTo(x2 + size, y2 - size);
      ctx.lineTo(x2 - size, y2 + size);
    } else if (fate === 2) {
      const angle = Math.atan2(y2 - y1, x2 - x1) + Math.PI / 2;
      ctx.moveTo(x2 - 5 * Math.cos(angle), y2 - 5 * Math.sin(angle));
      ctx.lineTo(x2 + 5 * Math.cos(angle), y2 + 5 * Math.sin(angle));
    } else if (fate === 3) {
      ctx.moveTo(x2, y2 - size - 1);
      ctx.lineTo(x2 + size + 1, y2);
      ctx.lineTo(x2, y2 + size + 1);
      ctx.lineTo(x2 - size - 1, y2);
      ctx.closePath();
    } else {
      ctx.moveTo(x2 + size, y2);
      ctx.arc(x2, y2, size, 0, 2 * Math.PI);
    }
  }
  if (fate === 3) ctx.fill();
  ctx.stroke();
}

function paintArrowLabels(app, ctx, arrows) {
  const {run, axis, colors, search, filter} = app;
  ctx.font = app.fonts.small;
  ctx.textAlign = "center";
  const taken = [];  // boxes of labels
  for (const i of arrows) {
    const line = arrowLine(app, i);
    if (!line || (search.isActive && !(filter.shown[i] & 2))) continue;
    const dx = line.x2 - line.x1;
    const dy = line.y2 - line.y1;
    const text = messageLabel(run, i);
    const width = ctx.measureText(text).width;
    const length = Math.hypot(dx, dy);
    if (length < width + 24 || dx < 12) continue;
    const [x, y] = [line.x1 + dx * 0.42, line.y1 + dy * 0.42];
    const w = (width * dx + 14 * Math.abs(dy)) / length / 2;
    const h = (width * Math.abs(dy) + 14 * dx) / length / 2;
    const box = [x - w, y - h, x + w, y + h];
    if (x < axis.left || x > axis.left + axis.width) continue;
    if (taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(Math.atan(dy / Math.max(dx, 0.01)));
    ctx.globalAlpha = 0.85;
    ctx.fillStyle = colors["bg"];
    ctx.fillRect(-width / 2 - 3, -14, width + 6, 12.5);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colors[kFamilies[run.kinds[run.messages.kind[i]].family].name];
    ctx.fillText(text, 0, -7.5);
    ctx.restore();
  }
  ctx.textAlign = "left";
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
