// Draws a part of the history on the canvas: rows of operations, and the order through them.

"use strict";

const kGutter = 84;
const kHead = 30;   // the ruler
const kRow = 26;
const kBar = 18;
const kFlag = "fails here";

function readColors() {
  const style = getComputedStyle(document.documentElement);
  const names = ["bg", "surface", "text", "muted", "line", "line-soft", "order", "select", "bad", "bad-soft",
    "write", "write-line", "read", "read-line", "on-op"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function fitCanvas(canvas) {
  const scale = devicePixelRatio || 1;
  const {clientWidth: width, clientHeight: height} = canvas;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  return {ctx, width, height};
}

function paint(app) {
  const {ctx, width, height} = fitCanvas(app.canvas);
  ctx.fillStyle = app.colors.bg;
  ctx.fillRect(0, 0, width, height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(kGutter, kHead, width - kGutter, height - kHead);
  ctx.clip();
  paintRows(app, ctx, width, height);
  paintBehindFailure(app, ctx, width, height);
  paintOperations(app, ctx, height);
  paintOrder(app, ctx, height);
  paintSelection(app, ctx);
  ctx.restore();
  paintRuler(app, ctx, width, height);
  paintGutter(app, ctx, height);
}

const rowTop = (app, row) => kHead + row * kRow - app.scroll;
const rowMiddle = (app, operation) => rowTop(app, app.part.rows.get(operation.client)) + kRow / 2;

// Rows that are in view, first and behind the last.
function rowsInView(app, height) {
  const first = Math.max(0, Math.floor(app.scroll / kRow));
  return [first, Math.min(app.part.clients.length, first + Math.ceil((height - kHead) / kRow) + 1)];
}

function paintRows(app, ctx, width, height) {
  const [first, last] = rowsInView(app, height);
  ctx.fillStyle = app.colors["line-soft"];
  for (let row = first; row < last; ++row) ctx.fillRect(0, rowTop(app, row) + kRow - 1, width, 1);
  for (const {time} of app.axis.ticks().ticks) ctx.fillRect(Math.round(app.axis.x(time)), kHead, 1, height);
}

// What was called after the failure plays no part in it.
function paintBehindFailure(app, ctx, width, height) {
  if (!app.part.failed) return;
  const x = Math.round(app.axis.x(app.part.failed.end));
  ctx.fillStyle = app.colors["bad-soft"];
  ctx.fillRect(x, kHead, Math.max(width - x, 0), height);
  ctx.fillStyle = app.colors.bad;
  ctx.fillRect(x, kHead, 1.5, height);
}

// Where an operation's bar ends. An unknown outcome's fades away before the client's next one.
function barEnd(app, row, i) {
  const operation = row[i];
  if (operation.end !== null) return operation.end;
  return Math.min(row[i + 1]?.call ?? Infinity, app.part.end);
}

// For each operation in view, with its box.
function eachInView(app, height, visit) {
  const {axis, part} = app;
  const [first, last] = rowsInView(app, height);
  for (let number = first; number < last; ++number) {
    const row = part.byRow[number];
    const top = rowTop(app, number) + (kRow - kBar) / 2;
    for (let i = lowerBound(row, axis.from - part.longest, (o) => o.call); i < row.length; ++i) {
      if (row[i].call > axis.to) break;
      const left = axis.x(row[i].call);
      const right = axis.x(barEnd(app, row, i));
      if (right < kGutter && row[i].end !== null) continue;
      visit(row[i], left, top, Math.max(right - left, 3));
    }
  }
}

function paintOperations(app, ctx, height) {
  const {colors} = app;
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  eachInView(app, height, (operation, left, top, width) => {
    const kind = operation.isRead ? "read" : "write";
    ctx.globalAlpha = !app.order || app.order.place.has(operation) || operation === app.part.failed ? 1 : 0.45;
    if (operation.end === null) {
      const fade = ctx.createLinearGradient(left, 0, left + width, 0);
      fade.addColorStop(0, colors[kind]);
      fade.addColorStop(1, colors.bg);
      ctx.fillStyle = fade;
      ctx.setLineDash([3, 3]);
    } else {
      ctx.fillStyle = colors[kind];
    }
    ctx.strokeStyle = colors[`${kind}-line`];
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.roundRect(left + 0.5, top + 0.5, Math.max(width - 1, 2), kBar - 1, 3);
    ctx.fill();
    if (width > 5) ctx.stroke();
    ctx.setLineDash([]);
    paintText(ctx, operation.label, left, top, width, colors["on-op"]);
    ctx.globalAlpha = 1;
    if (operation === app.part.failed) outline(ctx, left, top, width, 1, colors.bad);
  });
}

function paintText(ctx, text, left, top, width, color) {
  const from = Math.max(left, kGutter) + 5;
  const room = left + width - 4 - from;
  if (room < 24) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, room, kBar);
  ctx.clip();
  ctx.fillStyle = color;
  ctx.fillText(text, from, top + kBar / 2 + 0.5);
  ctx.restore();
}

// Around a bar, `gap` pixels outside.
function outline(ctx, left, top, width, gap, color) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.roundRect(left - gap, top - gap, width + 2 * gap, kBar + 2 * gap, 3 + gap);
  ctx.stroke();
}

// The order as a line through the points where operations take effect. Points in the same place
// are moved apart, as far as there is room, so that the line shows which comes first.
function paintOrder(app, ctx, height) {
  const {order, axis, colors} = app;
  if (!order) return;
  const first = Math.max(0, lowerBound(order.points, axis.from, (p) => p) - 1);
  const last = Math.min(order.points.length, lowerBound(order.points, axis.to, (p) => p) + 1);
  const xs = pointsX(app, first, last);
  const isDense = last - first > app.axis.width / 8;
  ctx.strokeStyle = colors.order;
  ctx.lineWidth = isDense ? 0.75 : 1.5;
  ctx.globalAlpha = isDense ? 0.6 : 1;
  ctx.lineJoin = "round";
  ctx.beginPath();
  for (let i = first; i < last; ++i) ctx.lineTo(xs[i - first], rowMiddle(app, order.operations[i]));
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.fillStyle = colors.order;
  for (let i = first; i < last; ++i) {
    const y = rowMiddle(app, order.operations[i]);
    if (y < kHead || y > height) continue;
    ctx.beginPath();
    ctx.arc(xs[i - first], y, isDense ? 1.5 : 3, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function pointsX(app, first, last) {
  const {order, axis} = app;
  const xs = [];
  for (let i = first; i < last; ++i) {
    const earliest = axis.x(order.points[i]);
    const end = order.operations[i].end;
    const latest = end === null ? Infinity : axis.x(end);
    const apart = i > first ? xs[i - 1 - first] + 5 : earliest + 2;
    xs.push(Math.max(Math.min(Math.max(earliest, apart), latest), i > first ? xs[i - 1 - first] : -Infinity));
  }
  return xs;
}

function paintSelection(app, ctx) {
  const {selected, axis} = app;
  if (!selected || !app.part.rows.has(selected.client)) return;
  const row = app.part.byRow[app.part.rows.get(selected.client)];
  const left = axis.x(selected.call);
  const right = axis.x(barEnd(app, row, row.indexOf(selected)));
  const top = rowMiddle(app, selected) - kBar / 2;
  outline(ctx, left, top, Math.max(right - left, 3), 3, app.colors.select);
}

function paintRuler(app, ctx, width, height) {
  const {axis, colors, part} = app;
  ctx.fillStyle = colors.surface;
  ctx.fillRect(0, 0, width, kHead);
  ctx.fillStyle = colors.line;
  ctx.fillRect(0, kHead - 1, width, 1);
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  const {ticks, step} = axis.ticks();
  const flag = part.failed ? flagBox(app, ctx, width) : {left: width, right: width};
  for (const {time} of ticks) {
    const x = Math.round(axis.x(time));
    if (x < kGutter) continue;
    ctx.fillStyle = colors.line;
    ctx.fillRect(x, kHead - 7, 1, 7);
    const label = formatNanoseconds(time, step);
    if (x + 4 < flag.right && x + 8 + ctx.measureText(label).width > flag.left) continue;
    ctx.fillStyle = colors.muted;
    ctx.fillText(label, x + 4, kHead / 2 - 1);
  }
  if (app.range) {
    ctx.fillStyle = colors.select;
    ctx.globalAlpha = 0.25;
    ctx.fillRect(axis.x(app.range.from), 0, axis.x(app.range.to) - axis.x(app.range.from), height);
    ctx.globalAlpha = 1;
  }
  if (!part.failed || flag.left > width) return;
  ctx.fillStyle = colors.bad;
  ctx.fillRect(flag.left, kHead - 19, flag.right - flag.left, 18);
  ctx.fillStyle = colors.bg;
  ctx.fillText(kFlag, flag.left + 6, kHead - 10);
}

// At the failure, or at the edge that it is behind.
function flagBox({axis, part}, ctx, width) {
  const room = ctx.measureText(kFlag).width + 12;
  const x = Math.min(Math.max(axis.x(part.failed.end), kGutter), width);
  const left = x + room > width ? x - room : x;
  return {left, right: left + room};
}

function paintGutter(app, ctx, height) {
  const {colors, part} = app;
  ctx.fillStyle = colors.surface;
  ctx.fillRect(0, 0, kGutter, height);
  ctx.fillStyle = colors.line;
  ctx.fillRect(kGutter - 1, 0, 1, height);
  const [first, last] = rowsInView(app, height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, kHead, kGutter, height);
  ctx.clip();
  ctx.fillStyle = colors.muted;
  for (let row = first; row < last; ++row) {
    ctx.fillText(`client ${app.history.clients[part.clients[row]]}`, 12, rowTop(app, row) + kRow / 2);
  }
  ctx.restore();
  ctx.fillStyle = colors.text;
  ctx.fillText(`${part.clients.length} clients`, 12, kHead / 2);
}
