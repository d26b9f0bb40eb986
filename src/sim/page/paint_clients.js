// The clients' lanes: each operation from its call to its return.

"use strict";

const kReads = /^(m?get|read)\b/i;

function operationColor(colors, operation) {
  if (operation.state === "refused") return colors["refusal"];
  if (operation.state === "unknown") return colors["fault"];
  return kReads.test(operation.command) ? colors["read-op"] : colors["write-op"];
}

// Where an unknown operation's bar ends: at its client's next call, though it is open for ever.
function operationEnd(client, index, runEnd) {
  if (client.operations[index].state !== "unknown") return client.until[index];
  return client.called[index + 1] ?? runEnd;
}

function operationsInView(client, axis) {
  const first = lowerBound(client.called, axis.from - client.tookMax);
  return [first, lowerBound(client.called, axis.to, first)];
}

function paintClients(app, ctx) {
  const {run, layout, axis, colors} = app;
  if (layout.clients.length === 0) return;
  ctx.fillStyle = colors["line"];
  ctx.fillRect(0, layout.nodesBottom + 6, layout.width, 1);
  for (const lane of layout.clients) {
    ctx.fillStyle = colors["line-soft"];
    ctx.fillRect(axis.left, lane.y + lane.height - 2, axis.width, 1);
    paintOpenEnds(app, ctx, lane, run.clients[lane.client]);
    paintOperations(app, ctx, lane, run.clients[lane.client]);
  }
  ctx.globalAlpha = 1;
}

// Unknown operations may take effect at any time: a thin line goes on to the end of the run.
function paintOpenEnds(app, ctx, lane, client) {
  const {run, axis, colors} = app;
  const first = client.unknown.find((i) => client.called[i] <= axis.to);
  if (first === undefined) return;
  const y = lane.y + lane.bar + 1.5;
  ctx.strokeStyle = colors["fault"];
  ctx.globalAlpha = 0.55;
  ctx.setLineDash([1, 3]);
  ctx.beginPath();
  ctx.moveTo(Math.max(axis.x(client.called[first]), axis.left), y);
  ctx.lineTo(Math.min(axis.x(run.end), axis.left + axis.width), y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

function paintOperations(app, ctx, lane, client) {
  const {run, axis, search} = app;
  const [first, end] = operationsInView(client, axis);
  const marked = [];
  let covered = -Infinity;
  for (let i = first; i < end; ++i) {
    if (client.operations[i].state !== "answered") {
      marked.push(i);
      continue;
    }
    const x1 = axis.x(client.called[i]);
    const x2 = axis.x(client.until[i]);
    if (x2 < axis.left) continue;
    const found = search.finds({type: "operation", client: lane.client, index: i});
    if (x2 - covered < 0.7 && !(search.isActive && found)) continue;
    covered = x2;
    paintOperation(app, ctx, lane, client.operations[i], x1, Math.max(x2 - x1 - 0.5, 1), found);
  }
  for (const i of client.unknown) {
    if (i < first && operationEnd(client, i, run.end) >= axis.from) marked.push(i);
  }
  for (const i of marked) {  // last, so that nothing hides them
    const found = search.finds({type: "operation", client: lane.client, index: i});
    const x1 = axis.x(client.called[i]);
    const width = Math.max(axis.x(operationEnd(client, i, run.end)) - x1 - 0.5, 2.5);
    paintOperation(app, ctx, lane, client.operations[i], x1, width, found);
  }
}

function paintOperation(app, ctx, lane, operation, x, width, found) {
  const {axis, colors, patterns} = app;
  const left = Math.max(x, axis.left - 2);
  width = Math.min(x + width, axis.left + axis.width + 2) - left;
  if (width <= 0) return;
  ctx.globalAlpha = found ? 1 : 0.18;
  if (operation.state === "unknown") {
    const fade = ctx.createLinearGradient(left, 0, left + Math.max(width, 8), 0);
    fade.addColorStop(0, colors["fault"]);
    fade.addColorStop(1, colors["fault-none"]);
    ctx.fillStyle = fade;
    ctx.fillRect(left, lane.y, Math.max(width, 8), lane.bar);
    ctx.fillStyle = colors["fault"];
    ctx.fillRect(x, lane.y, 2, lane.bar);
  } else {
    ctx.fillStyle = operationColor(colors, operation);
    ctx.fillRect(left, lane.y, width, lane.bar);
    if (operation.state === "refused" && width > 3) {
      ctx.fillStyle = patterns.hatch;
      ctx.fillRect(left, lane.y, width, lane.bar);
    }
  }
  if (width < 26 || lane.bar < 11) return;
  ctx.font = app.fonts.tiny;
  const text = fitText(ctx, operation.command, width - 8);
  if (!text) return;
  ctx.fillStyle = operation.state === "unknown" ? colors["text"] : colors["on-op"];
  ctx.fillText(text, left + 4, lane.y + lane.bar / 2 + 0.5);
}

// Cut at the end so that it fits; nothing if hardly anything would be left.
function fitText(ctx, text, room) {
  const width = ctx.measureText(text).width;
  if (width <= room) return text;
  const count = Math.floor(text.length * (room - ctx.measureText("…").width) / width);
  return count < 4 ? "" : text.slice(0, count) + "…";
}
