// The recorded run, out of its compact form: columns of numbers, times in µs since its start.

"use strict";

const kHealths = ["up", "down", "paused", "refused"];
const kRoles = ["follower", "pre-candidate", "candidate", "leader"];
// What became of a message. The last is not recorded but follows: it reached a node that was down.
const kFates = ["arrives", "lost", "cut", "damaged", "unheard"];
const kUnheard = 4;

// Kinds of messages that belong together, the most telling first: the order in which they are drawn
// one by one while there is room.
const kFamilies = [
  {name: "votes", label: "votes", has: /vote|TimeoutNow/i},
  {name: "other", label: "other", has: null},
  {name: "forward", label: "forwarded writes", has: /^Forward/},
  {name: "entries", label: "entries", has: /^(Append|Ack|Reject)/},
  {name: "reads", label: "read indexes", has: /^ReadIndex/},
  {name: "heartbeats", label: "heartbeats", has: /^Heartbeat/},
];

function familyOf(kind) {
  const found = kFamilies.findIndex((family) => family.has?.test(kind));
  return found < 0 ? kFamilies.findIndex((family) => family.name === "other") : found;
}

function summed(deltas) {
  const values = new Float64Array(deltas.length);
  let last = 0;
  for (let i = 0; i < deltas.length; ++i) values[i] = last += deltas[i];
  return values;
}

// The first position in the rising `values` whose value is at least `value`.
function lowerBound(values, value, low = 0, high = values.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The last position at or before `time`; -1 if there is none.
function lastAt(values, time) {
  return lowerBound(values, time + 1e-6) - 1;
}

function decodeRun(raw) {
  const ids = new Set(raw.nodes.map((node) => node.id));
  for (const [from, to] of raw.messages.shapes) ids.add(from).add(to);
  const nodeIds = [...ids].sort((a, b) => a - b);
  const run = {
    title: raw.title, command: raw.command, verdict: raw.verdict, hash: raw.hash,
    failed: raw.failed, failedAt: raw.failed_at, end: raw.end, gaps: raw.gaps,
    kinds: raw.kinds.map(([name, ...fields]) => ({name, fields, family: familyOf(name)})),
  };
  run.nodes = nodeIds.map((id) => decodeNode(id, raw));
  const place = new Map(nodeIds.map((id, i) => [id, i]));
  run.messages = decodeMessages(raw, place, run.nodes);
  run.links = decodeLinks(raw, place);
  run.clients = decodeOperations(raw, place);
  run.faults = decodeLines(raw, raw.faults, place);
  run.traces = decodeLines(raw, raw.traces, place);
  addSilentFaults(run);
  return run;
}

// A node's states, and its phases: stretches with one health, role, term and leader.
function decodeNode(id, raw) {
  const found = raw.nodes.find((node) => node.id === id) ??
      {at: [], status: [], last: [], commit: [], applied: []};
  const node = {id, name: `n${id}`, at: summed(found.at), last: summed(found.last),
                commit: summed(found.commit), applied: summed(found.applied), phases: []};
  found.status.forEach((status, i) => {
    const previous = node.phases.at(-1);
    if (previous?.status === status) return;
    if (previous) previous.until = node.at[i];
    const [health, role, term, leader] = raw.statuses[status];
    node.phases.push({status, at: node.at[i], until: raw.end, health: kHealths[health],
                      role: kRoles[role], term, leader});
  });
  node.phaseAt = Float64Array.from(node.phases, (phase) => phase.at);
  return node;
}

// Null before its first start.
function phaseAt(node, time) {
  return node.phases[lastAt(node.phaseAt, time)] ?? null;
}

function isDead(phase) {
  return !phase || phase.health === "down" || phase.health === "refused";
}

function decodeMessages(raw, place, nodes) {
  const columns = raw.messages;
  const count = columns.sent.length;
  const messages = {count, sent: summed(columns.sent), took: Float64Array.from(columns.took),
                    from: new Uint8Array(count), to: new Uint8Array(count),
                    kind: new Uint8Array(count), fate: new Uint8Array(count),
                    row: new Uint32Array(count), tookMax: 0,
                    values: columns.values.map((fields) => fields.map(summed))};
  const rows = raw.kinds.map(() => 0);
  for (let i = 0; i < count; ++i) {
    const [from, to, kind, fate] = columns.shapes[columns.shape[i]];
    messages.from[i] = place.get(from);
    messages.to[i] = place.get(to);
    messages.kind[i] = kind;
    messages.row[i] = rows[kind]++;
    messages.tookMax = Math.max(messages.tookMax, messages.took[i]);
    const arrives = messages.sent[i] + messages.took[i];
    const isUnheard = fate === 0 && arrives <= raw.end &&
        isDead(phaseAt(nodes[messages.to[i]], arrives));
    messages.fate[i] = isUnheard ? kUnheard : fate;
  }
  return messages;
}

// Changes of the network, and at each the set of directions that are cut from then on.
function decodeLinks(raw, place) {
  const links = {at: [], cuts: []};
  const at = summed(raw.links.at);
  let cut = new Set();
  for (let i = 0; i < at.length; ++i) {
    if (at[i] !== links.at.at(-1)) {
      cut = new Set(cut);
      links.at.push(at[i]);
      links.cuts.push(cut);
    }
    const link = place.get(raw.links.from[i]) * 256 + place.get(raw.links.to[i]);
    if (raw.links.cut[i]) cut.add(link);
    else cut.delete(link);
  }
  return links;
}

const kNoCuts = new Set();

function cutsAt(links, time) {
  return links.cuts[lastAt(links.at, time)] ?? kNoCuts;
}

function decodeOperations(raw, place) {
  const columns = raw.operations;
  const ids = summed(columns.client);
  const clients = [];
  let called = 0;
  for (let i = 0; i < ids.length; ++i) {
    called += columns.called[i];
    if (clients.at(-1)?.id !== ids[i]) {
      clients.push({id: ids[i], name: `client ${ids[i]}`, called: [], until: [], operations: [],
                    tookMax: 0});
    }
    const client = clients.at(-1);
    const took = columns.took[i];
    const outcome = raw.texts[columns.outcome[i]];
    const state = stateOf(took, outcome);
    client.called.push(called);
    client.until.push(took < 0 ? raw.end : called + took);
    client.tookMax = Math.max(client.tookMax, took);
    client.operations.push({node: place.get(columns.node[i]) ?? -1, state, outcome,
                            command: raw.texts[columns.command[i]]});
  }
  for (const client of clients) {
    client.called = Float64Array.from(client.called);
    client.until = Float64Array.from(client.until);
    client.unknown = client.operations.flatMap((o, i) => o.state === "unknown" ? [i] : []);
  }
  return clients;
}

// Open: still under way when the run ended. Refused: certainly not executed.
function stateOf(took, outcome) {
  if (took < 0) return outcome ? "open" : "unknown";
  return outcome === "answered" ? "answered" : "refused";
}

function decodeLines(raw, columns, place) {
  const at = summed(columns.at);
  return columns.text.map((text, i) => ({at: at[i], node: place.get(columns.node[i]) ?? -1,
                                         text: raw.texts[text]}));
}

// What was done to the cluster without a word still deserves a mark: it shows in the nodes' health
// and in the network.
function addSilentFaults(run) {
  const told = new Set(run.faults.flatMap((fault) => [`${fault.node} ${fault.at}`, String(fault.at)]));
  run.nodes.forEach((node, i) => {
    node.phases.forEach((phase, at) => {
      const before = at > 0 ? node.phases[at - 1].health : "down";
      if (phase.health === before || told.has(`${i} ${phase.at}`)) return;
      const text = {up: before === "paused" ? "resume" : "start", down: "crash", paused: "pause",
                    refused: "refused to start"}[phase.health];
      run.faults.push({at: phase.at, node: i, text});
    });
  });
  run.links.at.forEach((at, i) => {
    const text = describeCuts(run, run.links.cuts[i]);
    const cause = run.faults.find((fault) => fault.at === at && fault.node < 0);
    if (cause && run.links.cuts[i].size > 0) cause.text += ` (${text})`;
    if (told.has(String(at))) return;
    run.faults.push({at, node: -1, text: text.includes("|") ? `partition: ${text}` : text});
  });
  run.faults.sort((a, b) => a.at - b.at);
  run.faultAt = Float64Array.from(run.faults, (fault) => fault.at);
  run.traceAt = Float64Array.from(run.traces, (trace) => trace.at);
}

// `n1 n2 | n3`, or the directions that are cut if that is no partition.
function describeCuts(run, cuts) {
  if (cuts.size === 0) return "network healed";
  const groups = [];
  run.nodes.forEach((_, a) => {
    const passes = (b) => !cuts.has(a * 256 + b) && !cuts.has(b * 256 + a);
    const group = groups.find((nodes) => nodes.every(passes));
    if (group) group.push(a);
    else groups.push([a]);
  });
  const outside = (group) => group.length * (run.nodes.length - group.length);
  const between = groups.reduce((sum, group) => sum + outside(group), 0);
  const name = (i) => run.nodes[i].name;
  if (between === cuts.size) return groups.map((g) => g.map(name).join(" ")).join(" | ");
  const some = [...cuts].slice(0, 6).map((link) => `${name(link >> 8)}→${name(link & 255)}`);
  const more = cuts.size > some.length ? ` and ${cuts.size - some.length} more` : "";
  return `cut: ${some.join(" ")}${more}`;
}
