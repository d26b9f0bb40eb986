// The lanes' names on the left, with the nodes' states at the time that is looked at; and what is
// selected, once more and stronger.

"use strict";

function paintGutter(app, ctx) {
  const {layout, colors, run} = app;
  ctx.fillStyle = colors["surface"];
  ctx.fillRect(0, app.scroll, kGutter, layout.viewHeight);
  ctx.fillStyle = colors["line"];
  ctx.fillRect(kGutter - 1, app.scroll, 1, layout.viewHeight);
  for (const lane of layout.nodes) paintNodeLabel(app, ctx, lane);
  if (layout.clients.length > 0) {
    ctx.fillStyle = colors["line"];
    ctx.fillRect(0, layout.nodesBottom + 6, kGutter, 1);
  }
  ctx.font = app.fonts.small;
  for (const lane of layout.clients) {
    ctx.fillStyle = colors["text"];
    ctx.fillText(run.clients[lane.client].name, 12, lane.y + lane.bar / 2 + 0.5);
  }
  ctx.fillStyle = colors["surface"];
  ctx.fillRect(0, app.scroll, kGutter - 1, kRuler + kClusterLane);
  ctx.fillStyle = colors["muted"];
  ctx.fillText("cluster", 12, layout.clusterRow + kMarkSize / 2 + 0.5);
}

function paintNodeLabel(app, ctx, lane) {
  const {run, colors, focus, peak} = app;
  const node = run.nodes[lane.node];
  const phase = phaseAt(node, focus);
  const middle = lane.band + kBand / 2 + 0.5;
  ctx.fillStyle = colors["text"];
  ctx.font = app.fonts.bold;
  ctx.fillText(node.name, 12, middle);
  ctx.font = app.fonts.small;
  ctx.fillStyle = colors["muted"];
  ctx.fillText(phaseName(phase, " · "), 40, middle);
  if (phase && !isDead(phase)) {
    const i = lastAt(node.at, focus);
    ctx.textAlign = "right";
    const rows = [["last", node.last[i]], ["commit", node.commit[i]], ["applied", node.applied[i]]];
    rows.forEach(([name, value], row) => {
      const y = lane.curve + 6 + row * 11;
      ctx.font = app.fonts.tiny;
      ctx.fillStyle = colors["muted"];
      ctx.fillText(name, kGutter - 62, y);
      ctx.fillStyle = colors["text"];
      ctx.fillText(formatNumber(value), kGutter - 10, y);
    });
    ctx.textAlign = "left";
  }
  if (peak > 0 && lane === app.layout.nodes[0] && lane.bottom - lane.bars > 14) {
    ctx.font = app.fonts.tiny;
    ctx.fillStyle = colors["muted"];
    ctx.textAlign = "right";
    ctx.fillText(`sends ≤ ${formatNumber(Math.round(peak))}/s`, kGutter - 10, lane.bars + 7);
    ctx.textAlign = "left";
  }
}

function paintSelection(app, ctx) {
  for (const [item, alpha] of [[app.pointed, 0.55], [app.selected, 1]]) {
    if (!item) continue;
    ctx.save();
    ctx.globalAlpha = alpha;
    ctx.strokeStyle = app.colors["select"];
    ctx.lineWidth = 2.5;
    paintItemOutline(app, ctx, item);
    ctx.restore();
  }
}

function paintItemOutline(app, ctx, item) {
  const {run, axis, layout} = app;
  if (item.type === "message") {
    const line = arrowLine(app, item.index);
    if (!line) return;
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.moveTo(line.x1, line.y1);
    ctx.lineTo(line.x2, line.y2);
    ctx.stroke();
    ctx.fillStyle = ctx.strokeStyle;
    if (run.messages.fate[item.index] === 0) paintHeads(ctx, [line]);
    ctx.beginPath();
    ctx.arc(line.x1, line.y1, 3.5, 0, 2 * Math.PI);
    ctx.fill();
    return;
  }
  if (item.type === "operation" || item.type === "phase") {
    const box = item.type === "operation" ? operationBox(app, item) : phaseBox(app, item);
    if (!box) return;
    const x1 = Math.max(box.x1, axis.left);
    const x2 = Math.min(Math.max(box.x2, box.x1 + 3), axis.left + axis.width);
    if (x2 > x1) ctx.strokeRect(x1, box.y - 0.5, x2 - x1, box.height + 1);
    return;
  }
  if (item.type === "bar") return;
  const mark = app.marks.find((m) => sameItem(m.item, item));
  if (mark) return ctx.strokeRect(mark.x - 1.5, mark.y - 1.5, mark.width + 3, mark.height + 3);
  // One that had no room for its sign, or none for its notch.
  const line = (item.type === "fault" ? run.faults : run.traces)[item.index];
  const top = layout.laneOf.get(line?.node)?.y ?? layout.clusterRow;
  ctx.strokeRect(axis.x(timeOf(run, item)) - 2, top, 4, kMarkRow + kBand);
}

function operationBox(app, {client: c, index}) {
  const {run, axis, layout} = app;
  const lane = layout.clients.find((l) => l.client === c);
  const client = run.clients[c];
  return lane && {x1: axis.x(client.called[index]), y: lane.y, height: lane.bar,
                  x2: axis.x(operationEnd(client, index, run.end))};
}

function phaseBox(app, {node, index}) {
  const {run, axis, layout} = app;
  const lane = layout.laneOf.get(node);
  const phase = run.nodes[node].phases[index];
  return lane && {x1: axis.x(phase.at), x2: axis.x(phase.until), y: lane.band, height: kBand};
}
