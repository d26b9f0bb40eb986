// The nodes' lanes: who leads in which term, what was cut off, and how far the logs are.

"use strict";

// The name of its colour, and a word for it.
function phaseStyle(phase) {
  if (!phase) return "down";
  return phase.health === "up" ? phase.role : phase.health;
}

// `leader · T4`; what is dead has no term.
function phaseName(phase, beforeTerm) {
  if (!phase) return "not started";
  return phaseStyle(phase) + (isDead(phase) ? "" : `${beforeTerm}T${phase.term}`);
}

function paintNodes(app, ctx) {
  const {run, layout, axis, colors} = app;
  const scale = indexScale(app);
  for (const lane of layout.nodes) {
    const node = run.nodes[lane.node];
    ctx.fillStyle = colors["line-soft"];
    ctx.fillRect(axis.left, lane.y + lane.height - 1, axis.width, 1);
    paintUnknown(app, ctx, lane, node);
    paintCuts(app, ctx, lane);
    paintPhases(app, ctx, lane, node);
    paintCurves(app, ctx, lane, node, scale);
  }
}

// Before a node's first state nothing is known of it: it was not started, or it was forgotten.
function paintUnknown(app, ctx, lane, node) {
  const {axis, colors, run} = app;
  const until = axis.x(node.at[0] ?? run.end);
  if (until <= axis.left) return;
  ctx.fillStyle = colors["down"];
  ctx.fillRect(axis.left, lane.band + kBand / 2 - 1, Math.min(until - axis.left, axis.width), 2);
}

function paintPhases(app, ctx, lane, node) {
  const {axis, colors} = app;
  const right = axis.left + axis.width;
  let first = Math.max(lastAt(node.phaseAt, axis.from), 0);
  let covered = -Infinity;
  for (; first < node.phases.length; ++first) {
    const phase = node.phases[first];
    if (phase.at > axis.to) break;
    const x1 = Math.max(axis.x(phase.at), axis.left - 4);
    const x2 = Math.min(axis.x(phase.until), right + 4);
    if (x2 < covered) continue;  // less than a pixel beside another one
    covered = Math.max(x1 + 1, x2);
    paintPhase(app, ctx, lane, phase, x1, Math.max(x2 - x1, 1));
  }
  ctx.globalAlpha = 1;
}

function paintPhase(app, ctx, lane, phase, x, width) {
  const {colors, patterns} = app;
  const style = phaseStyle(phase);
  const y = lane.band;
  if (style === "down") {
    ctx.fillStyle = colors["down"];
    ctx.fillRect(x, y + kBand / 2 - 1, width, 2);
  } else if (style === "refused" || style === "paused") {
    ctx.fillStyle = colors[style];
    ctx.fillRect(x, y, width, kBand);
    ctx.fillStyle = patterns.hatch;
    ctx.fillRect(x, y, width, kBand);
  } else {
    ctx.fillStyle = colors[style];
    ctx.fillRect(x, y, width, kBand);
  }
  ctx.fillStyle = colors["surface"];
  if (width > 3) ctx.fillRect(x, y, 1, kBand);
  paintPhaseLabel(app, ctx, phase, style, x, y, width);
}

function paintPhaseLabel(app, ctx, phase, style, x, y, width) {
  const {axis, colors} = app;
  const left = Math.max(x, axis.left) + 5;
  const room = Math.min(x + width, axis.left + axis.width) - left - 3;
  if (room < 16) return;
  const term = `T${phase.term}`;
  const full = phaseName(phase, " · ");
  ctx.font = app.fonts.small;
  const text = ctx.measureText(full).width <= room ? full : isDead(phase) ? "" : term;
  if (!text || ctx.measureText(text).width > room) return;
  if (style === "down") {
    ctx.fillStyle = colors["bg"];
    ctx.fillRect(left - 3, y, ctx.measureText(text).width + 6, kBand);
  }
  ctx.fillStyle = style === "down" ? colors["muted"] : colors[`on-${style}`];
  ctx.fillText(text, left, y + kBand / 2 + 0.5);
}

// A line under the band while some of the node's links are cut; as strong as many they are.
function paintCuts(app, ctx, lane) {
  const {run, axis, colors} = app;
  const {at, cuts} = run.links;
  const others = run.nodes.length - 1;
  let i = Math.max(lastAt(at, axis.from), 0);
  ctx.fillStyle = colors["fault"];
  for (; i < at.length && at[i] <= axis.to; ++i) {
    let count = 0;
    for (const link of cuts[i]) count += (link >> 8) === lane.node || (link & 255) === lane.node;
    if (count === 0) continue;
    const x1 = Math.max(axis.x(at[i]), axis.left);
    const x2 = Math.min(axis.x(at[i + 1] ?? run.end), axis.left + axis.width);
    const share = count / (2 * others);
    ctx.globalAlpha = 0.06 + 0.1 * share;
    ctx.fillRect(x1, lane.band, x2 - x1, lane.bottom - lane.band);
    ctx.globalAlpha = 0.25 + 0.75 * share;
    ctx.fillRect(x1, lane.band + kBand, x2 - x1, 2);
  }
  ctx.globalAlpha = 1;
}

// All lanes share one scale, so that who lags stands lower: what is in view, from the lowest to the
// highest index.
function indexScale(app) {
  const {run, axis, layout} = app;
  let low = Infinity;
  let high = 0;
  for (const {node: n} of layout.nodes) {
    const node = run.nodes[n];
    const first = Math.max(lastAt(node.at, axis.from), 0);
    const last = lastAt(node.at, axis.to);
    if (last < 0) continue;
    for (const i of [first, last]) {
      if (isDead(phaseAt(node, node.at[i]))) continue;
      low = Math.min(low, node.applied[i]);
      high = Math.max(high, node.last[i]);
    }
  }
  if (low > high) [low, high] = [0, 1];
  const within = (share) => Math.min(Math.max(share, 0), 1);
  const share = (index) => high === low ? 0.5 : within((index - low) / (high - low));
  return (lane, index) => lane.curve + layout.curve * (1 - share(index));
}

function paintCurves(app, ctx, lane, node, scale) {
  const {colors, layout} = app;
  const points = stepsInView(app, node);
  if (points.length === 0) return;
  const bottom = lane.curve + layout.curve;
  const trace = (values, closes) => {
    ctx.beginPath();
    let isOpen = false;
    let x = 0;
    let lastY = 0;
    for (const point of points) {
      x = point.x;
      if (point.index < 0) {
        if (isOpen) ctx.lineTo(x, lastY);
        if (isOpen && closes) ctx.lineTo(x, bottom);
        isOpen = false;
        continue;
      }
      const y = scale(lane, values[point.index]);
      if (!isOpen) {
        ctx.moveTo(x, closes ? bottom : y);
        if (closes) ctx.lineTo(x, y);
        isOpen = true;
      } else {
        ctx.lineTo(x, lastY);
        ctx.lineTo(x, y);
      }
      lastY = y;
    }
    if (isOpen && closes) ctx.lineTo(x, bottom);
  };
  trace(node.applied, true);
  ctx.fillStyle = colors["applied"];
  ctx.fill();
  ctx.lineWidth = 1;
  trace(node.last, false);
  ctx.strokeStyle = colors["last"];
  ctx.stroke();
  ctx.lineWidth = 1.5;
  trace(node.commit, false);
  ctx.strokeStyle = colors["commit"];
  ctx.stroke();
}

// The states in view as {x, index}, at most one each pixel; index -1 while the node is down.
function stepsInView({axis, run}, node) {
  const points = [];
  const first = Math.max(lastAt(node.at, axis.from), 0);
  const end = lowerBound(node.at, axis.to, first);
  if (first >= node.at.length) return points;
  const right = Math.min(axis.left + axis.width, axis.x(run.end));
  const push = (i, x) => {
    points.push({x, index: isDead(phaseAt(node, node.at[i])) ? -1 : i});
  };
  if (end - first <= axis.width * 1.5) {
    for (let i = first; i < end; ++i) push(i, Math.max(axis.x(node.at[i]), axis.left));
  } else {
    for (let x = axis.left, i = first; x <= right; ++x) {
      i = lowerBound(node.at, axis.time(x), i, end) - 1;
      if (i < first) i = first;
      push(i, x);
    }
  }
  const last = points.at(-1);
  if (last && last.index >= 0 && right > last.x) points.push({x: right, index: last.index});
  return points;
}
