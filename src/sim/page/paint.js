// One frame of the timeline: grid, lanes, what is selected, the pointer's time, and the labels.

"use strict";

const kColorNames = [
  "bg", "surface", "text", "muted", "line", "line-soft", "accent", "good", "fault", "fault-none",
  "leader", "follower", "candidate", "pre-candidate", "paused", "refused", "down", "on-leader",
  "on-follower", "on-candidate", "on-pre-candidate", "on-paused", "on-refused", "applied", "last",
  "commit", "votes", "other", "forward", "entries", "reads", "heartbeats", "read-op", "write-op",
  "refusal", "on-op", "select"];

function readColors() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return Object.fromEntries(kColorNames.map((name) => [name, value(name)]));
}

function readFonts() {
  const family = getComputedStyle(document.body).fontFamily;
  return {tiny: `10.5px ${family}`, small: `11px ${family}`, bold: `600 11.5px ${family}`};
}

function makeHatch(ctx, color) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.globalAlpha = 0.4;
  pen.lineWidth = 2;
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x, 8);
    pen.lineTo(x + 8, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}

// Fits a canvas to its box; true if it had another size.
function fitCanvas(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  const changed = canvas.width !== width || canvas.height !== height;
  if (changed) Object.assign(canvas, {width, height});
  canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  return changed;
}

// The lanes are painted apart and kept, so that a moving pointer costs no more than a copy.
function paint(app) {
  const {canvas, layer, layout} = app;
  if (fitCanvas(canvas) || app.isStale) paintLanes(app);
  app.isStale = false;
  const ctx = canvas.getContext("2d");
  ctx.textBaseline = "middle";
  ctx.drawImage(layer, 0, 0, layout.width, layout.viewHeight);
  ctx.save();
  ctx.translate(0, -app.scroll);
  ctx.save();
  clipToLanes(app, ctx);
  paintSelection(app, ctx);
  paintCursors(app, ctx);
  ctx.restore();
  paintGutter(app, ctx);
  ctx.restore();
  paintRuler(app, ctx);
}

function paintLanes(app) {
  const {canvas, layer, layout, colors} = app;
  Object.assign(layer, {width: canvas.width, height: canvas.height});
  const ctx = layer.getContext("2d");
  ctx.scale(canvas.width / layout.width, canvas.height / layout.viewHeight);
  ctx.textBaseline = "middle";
  ctx.fillStyle = colors["bg"];
  ctx.fillRect(0, 0, layout.width, layout.viewHeight);
  ctx.translate(0, -app.scroll);
  layout.clusterRow = kRuler + app.scroll + 4;  // stays in sight
  clipToLanes(app, ctx);
  paintGrid(app, ctx);
  paintMissing(app, ctx);
  paintNodes(app, ctx);
  paintMessages(app, ctx);
  paintClients(app, ctx);
  paintHead(app, ctx);
  paintMarks(app, ctx);
}

function clipToLanes({axis, layout}, ctx) {
  ctx.beginPath();
  ctx.rect(axis.left, 0, axis.width, layout.height + layout.viewHeight);
  ctx.clip();
}

function paintGrid(app, ctx) {
  const {axis, layout, colors} = app;
  const height = layout.height + layout.viewHeight;
  ctx.fillStyle = colors["line-soft"];
  for (const {time} of axis.ticks().ticks) ctx.fillRect(Math.round(axis.x(time)), 0, 1, height);
  const ends = [[axis.left, axis.x(axis.min)], [axis.x(axis.max), axis.left + axis.width]];
  ctx.fillStyle = colors["surface"];
  for (const [x1, x2] of ends) if (x2 > x1) ctx.fillRect(x1, 0, x2 - x1, height);
}

// Where messages were not kept.
function paintMissing(app, ctx) {
  const {run, axis, layout, patterns} = app;
  const x = axis.x(run.gaps.messages);
  if (run.gaps.messages <= 0 || x <= axis.left) return;
  ctx.globalAlpha = 0.35;
  ctx.fillStyle = patterns.grey;
  const top = kRuler + kClusterLane;
  ctx.fillRect(axis.left, top, x - axis.left, layout.nodesBottom - top);
  ctx.globalAlpha = 1;
}

// The cluster's lane lies over the lanes that are scrolled under it.
function paintHead(app, ctx) {
  const {axis, layout, colors} = app;
  ctx.fillStyle = colors["bg"];
  ctx.globalAlpha = 0.92;
  ctx.fillRect(axis.left, app.scroll, axis.width, kRuler + kClusterLane - 2);
  ctx.globalAlpha = 1;
  ctx.fillStyle = colors["line"];
  ctx.fillRect(axis.left, app.scroll + kRuler + kClusterLane - 2, axis.width, 1);
}

function paintCursors(app, ctx) {
  const {axis, layout, colors, hover, cursor, range} = app;
  const height = layout.height + layout.viewHeight;
  if (range) {
    ctx.fillStyle = colors["select"];
    ctx.globalAlpha = 0.2;
    ctx.fillRect(axis.x(range.from), 0, axis.x(range.to) - axis.x(range.from), height);
    ctx.globalAlpha = 1;
  }
  ctx.fillStyle = colors["accent"];
  ctx.fillRect(axis.x(cursor) - 0.75, 0, 1.5, height);
  if (hover === null) return;
  ctx.globalAlpha = 0.5;
  ctx.fillRect(axis.x(hover) - 0.5, 0, 1, height);
  ctx.globalAlpha = 1;
}

function paintRuler(app, ctx) {
  const {axis, layout, colors} = app;
  ctx.fillStyle = colors["surface"];
  ctx.fillRect(0, 0, layout.width, kRuler);
  ctx.fillStyle = colors["line"];
  ctx.fillRect(0, kRuler - 1, layout.width, 1);
  ctx.font = app.fonts.small;
  ctx.textAlign = "center";
  const {ticks} = axis.ticks();
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, 0, axis.width, kRuler);
  ctx.clip();
  const flags = [[app.cursor, "accent"], [app.hover, "muted"]].filter(([time]) => time !== null)
      .map(([time, color]) => ({...flagBox(app, ctx, time), color}));
  for (const {time, label} of ticks) {
    const x = Math.round(axis.x(time));
    ctx.fillStyle = colors["line"];
    ctx.fillRect(x, kRuler - 6, 1, 6);
    const half = ctx.measureText(label).width / 2 + 4;
    const middle = Math.min(Math.max(x, axis.left + half), axis.left + axis.width - half);
    if (Math.abs(middle - x) > half / 2) continue;
    if (flags.some(({left, width}) => middle + half > left && middle - half < left + width)) continue;
    ctx.fillStyle = colors["muted"];
    ctx.fillText(label, middle, kRuler / 2 - 1);
  }
  for (const flag of flags) paintFlag(app, ctx, flag);
  ctx.restore();
  ctx.textAlign = "left";
  ctx.fillStyle = colors["muted"];
  ctx.fillText("time since the start", 12, kRuler / 2 - 1);
}

// A time written over the ruler; out of sight if the time is.
function flagBox({axis}, ctx, time) {
  const x = axis.x(time);
  const text = at(time);
  const width = ctx.measureText(text).width + 12;
  if (x < axis.left - 1 || x > axis.left + axis.width + 1) return {text, width, left: -1e6};
  const right = axis.left + axis.width - width;
  return {text, width, left: Math.min(Math.max(x - width / 2, axis.left), right)};
}

function paintFlag({colors}, ctx, {text, left, width, color}) {
  ctx.fillStyle = colors[color];
  ctx.beginPath();
  ctx.roundRect(left, 3, width, kRuler - 8, 4);
  ctx.fill();
  ctx.fillStyle = colors["bg"];
  ctx.fillText(text, left + width / 2, kRuler / 2 - 1);
}
