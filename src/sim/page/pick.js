// What is under the pointer.

"use strict";

const kReach = 6;  // pixels

// `y` counts from the top of all lanes. Null if there is nothing.
function pick(app, x, y) {
  if (x < app.axis.left) return null;
  return pickMark(app, x, y) ?? pickOperation(app, x, y) ?? pickMessage(app, x, y) ?? pickPhase(app, x, y);
}

function pickMark(app, x, y) {
  const isIn = (low, size, value) => value >= low - 1 && value <= low + size + 1;
  const hit = app.marks.findLast((mark) => isIn(mark.x, mark.width, x) && isIn(mark.y, mark.height, y));
  return hit?.item ?? null;
}

function pickOperation(app, x, y) {
  const {layout, run, axis} = app;
  const lane = layout.clients.find((l) => y >= l.y - 1 && y < l.y + l.height - 1);
  if (!lane) return null;
  const client = run.clients[lane.client];
  const [first, end] = operationsInView(client, axis);
  let best = null;
  let least = kReach;
  const consider = (index) => {
    const left = axis.x(client.called[index]);
    const right = axis.x(operationEnd(client, index, run.end));
    const away = x < left ? left - x : x > right ? x - right : 0;
    if (away < least || (away === least && best !== null && away === 0)) [best, least] = [index, away];
  };
  for (const index of client.unknown) if (index < first) consider(index);
  for (let index = first; index < end; ++index) consider(index);
  return best === null ? null : {type: "operation", client: lane.client, index: best};
}

function pickMessage(app, x, y) {
  let best = null;
  let least = kReach * kReach;
  for (const i of app.arrows) {
    const line = arrowLine(app, i);
    if (!line) continue;
    const away = distanceSquared(line, x, y);
    if (away < least) [best, least] = [i, away];
  }
  return best === null ? null : {type: "message", index: best};
}

// What stands in a column of bars, by kinds.
function pickBar({layout, axis, run, filter, bars}, x, y) {
  const lane = layout.nodes.find((l) => y >= l.bars && y <= l.bottom);
  if (!lane || bars.length === 0) return null;
  const {sent, from: sender, kind} = run.messages;
  const left = axis.left + Math.floor((x - axis.left) / kColumn) * kColumn;
  const [from, to] = [axis.time(left), axis.time(left + kColumn)];
  const counts = new Map();
  for (let i = lowerBound(sent, from); i < run.messages.count && sent[i] < to; ++i) {
    const {name, family} = run.kinds[kind[i]];
    if (sender[i] !== lane.node || !filter.shown[i] || !bars.includes(family)) continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  return {type: "bar", node: lane.node, from, to, counts: [...counts].sort((a, b) => b[1] - a[1])};
}

// From a point to a stretch of a line.
function distanceSquared({x1, y1, x2, y2}, x, y) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(Math.max(((x - x1) * dx + (y - y1) * dy) / length, 0), 1);
  return (x1 + share * dx - x) ** 2 + (y1 + share * dy - y) ** 2;
}

function pickPhase(app, x, y) {
  const lane = app.layout.nodes.find((l) => y >= l.band && y < l.curve + app.layout.curve);
  if (!lane) return null;
  const node = app.run.nodes[lane.node];
  const index = lastAt(node.phaseAt, app.axis.time(x));
  return index < 0 ? null : {type: "phase", node: lane.node, index};
}
