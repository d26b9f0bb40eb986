// Marks: what was done to the cluster and to nodes, what nodes say of themselves, the violation.

"use strict";

// What a fault is, by the first of these that its text has.
const kFaultKinds = [
  {name: "heal", has: /: over$|^network healed|made good|^connected/},
  {name: "crash", has: /crash|kill|power|stopped|all nodes down/},
  {name: "partition", has: /partition|cut\b|isolated|one way|disconnected|flapping/},
  {name: "disk", has: /disk|sync|write|rot|refused/},
  {name: "start", has: /^start/},
  {name: "pause", has: /pause/},
  {name: "resume", has: /resume/},
  {name: "clock", has: /clock/},
  {name: "network", has: /./},
];
const kGoodNews = new Set(["heal", "start", "resume"]);
const kMarkSize = 15;

function faultKind(text) {
  return kFaultKinds.find((kind) => kind.has.test(text)).name;
}

// Strokes of each sign in a square from 0 to 10; numbers are points, null starts anew.
const kSigns = {
  crash: [[2, 2], [8, 8], null, [8, 2], [2, 8]],
  start: [[3, 2], [8, 5], [3, 8], [3, 2]],
  resume: [[3, 2], [8, 5], [3, 8], [3, 2]],
  pause: [[3.5, 2], [3.5, 8], null, [6.5, 2], [6.5, 8]],
  partition: [[5, 1], [5, 9], null, [1, 5], [3, 5], null, [7, 5], [9, 5]],
  heal: [[1.5, 5.5], [4, 8], [8.5, 2.5]],
  disk: [[2, 3], [8, 3], [8, 8], [2, 8], [2, 3], null, [4, 5.5], [6, 5.5]],
  clock: [[5, 2], [5, 5], [7.5, 6.5]],
  network: [[1.5, 5], [3.5, 2.5], [6.5, 7.5], [8.5, 5]],
};

function paintSign(ctx, name, x, y, size) {
  ctx.beginPath();
  let isNew = true;
  for (const point of kSigns[name]) {
    if (!point) {
      isNew = true;
      continue;
    }
    const [px, py] = [x + point[0] / 10 * size, y + point[1] / 10 * size];
    if (isNew) ctx.moveTo(px, py);
    else ctx.lineTo(px, py);
    isNew = false;
  }
  ctx.stroke();
}

// Boxes of what was drawn go to app.marks, for the pointer.
function paintMarks(app, ctx) {
  const {filter, layout} = app;
  app.marks = [];
  const rows = new Map([[-1, layout.clusterRow]]);
  for (const lane of layout.nodes) rows.set(lane.node, lane.y + 1);
  const taken = new Map();  // row -> the right end of what stands there
  if (filter.faults) paintFaults(app, ctx, rows, taken);
  if (filter.traces) paintTraces(app, ctx, taken);
  paintViolation(app, ctx);
}

function paintFaults(app, ctx, rows, taken) {
  const {run, axis, colors, layout} = app;
  const first = lowerBound(run.faultAt, axis.from - axis.span * 0.2);
  const end = lowerBound(run.faultAt, axis.to, first);
  for (let i = first; i < end; ++i) {
    const fault = run.faults[i];
    const row = rows.get(fault.node);
    if (row === undefined) continue;
    const x = axis.x(fault.at);
    const kind = faultKind(fault.text);
    const color = colors[kGoodNews.has(kind) ? "good" : "fault"];
    const bottom = fault.node < 0 ? layout.nodesBottom : row + kMarkRow + kBand;
    ctx.globalAlpha = fault.node < 0 ? 0.45 : 0.9;
    ctx.fillStyle = color;
    if (x >= axis.left) ctx.fillRect(x - 0.5, row + 6, 1, bottom - row - 6);
    ctx.globalAlpha = 1;
    const free = taken.get(fault.node) ?? -Infinity;
    if (x - 2 < free - kMarkSize * 0.4 || x < axis.left - kMarkSize) continue;
    taken.set(fault.node, paintFault(app, ctx, i, kind, color, x, row, nextFaultX(app, i)));
  }
}

// Where the next fault of the same row begins.
function nextFaultX(app, index) {
  const {faults} = app.run;
  for (let i = index + 1; i < Math.min(index + 40, faults.length); ++i) {
    if (faults[i].node === faults[index].node) return app.axis.x(faults[i].at);
  }
  return app.axis.left + app.axis.width;
}

function paintFault(app, ctx, index, kind, color, x, row, until) {
  const {run, axis, colors} = app;
  const item = {type: "fault", index};
  const box = {x: x - kMarkSize / 2, y: row, width: kMarkSize, height: kMarkSize, item};
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, kMarkSize, kMarkSize, 3);
  ctx.fill();
  ctx.strokeStyle = colors["bg"];
  ctx.lineWidth = 1.7;
  paintSign(ctx, kind, box.x + 2.5, box.y + 2.5, kMarkSize - 5);
  ctx.lineWidth = 1;
  ctx.font = app.fonts.small;
  const room = Math.min(until, axis.left + axis.width) - x - kMarkSize - 6;
  const text = fitText(ctx, run.faults[index].text, room);
  if (text) {
    ctx.fillStyle = color;
    ctx.fillText(text, x + kMarkSize / 2 + 4, row + kMarkSize / 2 + 0.5);
    box.width += 6 + ctx.measureText(text).width;
  }
  app.marks.push(box);
  return box.x + box.width;
}

// What a node says of itself: a notch in its band, with the words if there is room beside the marks.
function paintTraces(app, ctx, taken) {
  const {run, axis, colors, layout} = app;
  const first = lowerBound(run.traceAt, axis.from);
  const end = lowerBound(run.traceAt, axis.to, first);
  const ends = new Map(taken);
  const notches = new Map();
  ctx.font = app.fonts.small;
  for (let i = first; i < end; ++i) {
    const trace = run.traces[i];
    const lane = layout.laneOf.get(trace.node);
    if (!lane) continue;
    const x = axis.x(trace.at);
    if (x - (notches.get(trace.node) ?? -9) < 2) continue;
    notches.set(trace.node, x);
    ctx.fillStyle = colors["muted"];
    ctx.fillRect(x - 0.5, lane.band - 4, 1, 4);
    const mark = {x: x - 3, y: lane.y, width: 6, height: kMarkRow + 4, item: {type: "trace", index: i}};
    app.marks.push(mark);
    const width = ctx.measureText(trace.text).width;
    const crowded = nearFault(app, trace.node, x, width + 12);
    const room = Math.min(nextTraceX(app, i, end), axis.left + axis.width) - x;
    if (x < (ends.get(trace.node) ?? -Infinity) + 4 || crowded || room < width + 8) continue;
    ctx.fillStyle = colors["muted"];
    ctx.fillText(trace.text, x + 4, lane.y + kMarkSize / 2 + 1);
    mark.width += width;
    ends.set(trace.node, x + width + 8);
  }
}

function nextTraceX(app, index, end) {
  const {traces} = app.run;
  for (let i = index + 1; i < end; ++i) {
    if (traces[i].node === traces[index].node) return app.axis.x(traces[i].at);
  }
  return Infinity;
}

function nearFault(app, node, x, width) {
  const isOfNode = (item) => item.type === "fault" && app.run.faults[item.index].node === node;
  return app.marks.some((box) => isOfNode(box.item) && box.x < x + width && box.x + box.width > x - 4);
}

function paintViolation(app, ctx) {
  const {run, axis, colors, layout} = app;
  if (run.failedAt === null) return;
  const x = axis.x(run.failedAt);
  if (x < axis.left || x > axis.left + axis.width) return;
  ctx.fillStyle = colors["fault"];
  ctx.fillRect(x - 1, layout.clusterRow, 2, layout.height - layout.clusterRow);
  ctx.font = app.fonts.bold;
  const text = "violation";
  const width = ctx.measureText(text).width + 12;
  const left = Math.min(x - 1, axis.left + axis.width - width);
  const y = layout.clusterRow + 1;
  ctx.beginPath();
  ctx.roundRect(left, y, width, kMarkSize + 1, 3);
  ctx.fill();
  ctx.fillStyle = colors["bg"];
  ctx.fillText(text, left + 6, y + kMarkSize / 2 + 1);
  app.marks.push({x: left, y, width, height: kMarkSize + 1, item: {type: "violation"}});
}
