// The history as the page uses it: operations, and for each part its orders and what they show.

"use strict";

const byId = (id) => document.getElementById(id);

function decodeHistory(raw) {
  const operations = raw.call.map((call, index) => ({
    index,
    client: raw.client[index],
    call,
    // Nothing for an unknown outcome.
    end: raw.took[index] < 0 ? null : call + raw.took[index],
    text: raw.text[index],
    isRead: raw.read[index] === 1,
    part: -1,
  }));
  const parts = raw.parts.map((part, index) => decodePart(part, index, operations));
  return {...raw, operations, parts};
}

function decodePart(raw, index, operations) {
  const own = raw.operations.map((i) => operations[i]);
  for (const operation of own) {
    operation.part = index;
    // The key of a part with one goes without saying.
    operation.label = raw.keys.length === 1 ? operation.text.replace(` ${raw.keys[0]}`, "") : operation.text;
  }
  const part = {
    index,
    keys: raw.keys,
    verdict: raw.verdict,
    operations: own,
    failed: raw.failed < 0 ? null : operations[raw.failed],
    begin: Math.min(...own.slice(0, 1).map((o) => o.call)),
    end: own.reduce((end, o) => Math.max(end, o.end ?? o.call), 0),
    clients: [...new Set(own.map((o) => o.client))].sort((a, b) => a - b),
  };
  part.rows = new Map(part.clients.map((client, row) => [client, row]));
  part.byRow = part.clients.map(() => []);
  for (const operation of own) part.byRow[part.rows.get(operation.client)].push(operation);
  part.longest = Math.max(0, ...own.map((o) => (o.end ?? o.call) - o.call));
  part.orders = raw.orders.map((order, number) => decodeOrder(order, number, operations, raw.orders[0]));
  part.orderWith = new Map();  // an operation's longest order
  for (const order of part.orders) {
    for (const operation of order.operations) {
      const known = part.orderWith.get(operation);
      if (!known || order.operations.length > known.operations.length) part.orderWith.set(operation, order);
    }
  }
  return part;
}

// Each operation takes effect as early as it can: not before its call, and not before those that
// come before it. An order begins like the first one, for `same` operations.
function decodeOrder(raw, number, operations, first) {
  const indexes = first.operations.slice(0, raw.same).concat(raw.operations);
  const states = first.states.slice(0, raw.same).concat(raw.states);
  const order = {number, operations: indexes.map((i) => operations[i]), states, points: [], place: new Map()};
  let point = -Infinity;
  order.operations.forEach((operation, i) => {
    point = Math.max(point, operation.call);
    order.points.push(point);
    order.place.set(operation, i);
  });
  return order;
}

// `12.345 ms`: with the unit that suits a step of the axis, or the time itself.
function formatNanoseconds(time, step = Math.abs(time) / 1e4) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const size = Math.max(Math.abs(time), 1);
  const [unit, name] = units.find(([u]) => size >= u) ?? units[3];
  const places = Math.min(Math.max(Math.ceil(-Math.log10(Math.max(step, 1) / unit) - 1e-9), 0), 9);
  return `${(time / unit).toFixed(places)} ${name}`;
}

function lowerBound(values, value, key) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(values[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
