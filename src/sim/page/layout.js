// Where the lanes are: a ruler, what was done to the cluster, the nodes, the clients.

"use strict";

const kGutter = 158;
const kRuler = 26;
const kClusterLane = 24;
const kMarkRow = 17;
const kBand = 18;

// Node lanes share what is free, within bounds; what does not fit is scrolled to.
function layOut(app, width, height) {
  const {run, filter} = app;
  const nodes = run.nodes.map((_, i) => i).filter((i) => filter.nodes[i]);
  const clients = run.clients.map((_, i) => i).filter((i) => filter.clients[i]);
  const clientHeight = clients.length > 12 ? 15 : 19;
  const below = clients.length > 0 ? clients.length * clientHeight + 26 : 8;
  const free = height - kRuler - kClusterLane - below;
  const laneHeight = Math.min(Math.max(free / Math.max(nodes.length, 1), 100), 160);
  const layout = {width, viewHeight: height, nodes: [], clients: [], laneOf: new Map()};
  layout.curve = Math.min(Math.max((laneHeight - kMarkRow - kBand - 12) * 0.45, 28), 56);
  let y = kRuler + kClusterLane;
  for (const node of nodes) {
    const lane = {node, y, height: laneHeight, band: y + kMarkRow, curve: y + kMarkRow + kBand + 3,
                  bars: y + kMarkRow + kBand + layout.curve + 10, bottom: y + laneHeight - 3};
    layout.laneOf.set(node, lane);
    layout.nodes.push(lane);
    y += laneHeight;
  }
  layout.nodesBottom = y;
  y += clients.length > 0 ? 18 : 0;
  for (const client of clients) {
    layout.clients.push({client, y, height: clientHeight, bar: clientHeight - 6});
    y += clientHeight;
  }
  layout.height = y + 8;
  return layout;
}
