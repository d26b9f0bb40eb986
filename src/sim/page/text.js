// What is shown, in words.

"use strict";

const kYesNo = new Set(["pre", "granted", "forced"]);
const kFateWords = {
  arrives: "arrived", lost: "lost by the network", cut: "cut: the link was broken",
  damaged: "damaged on the way: the receiver breaks the connection",
  unheard: "arrived at a node that was down",
};

const formatNumber = (value) => value.toLocaleString("en").replaceAll(",", kThinSpace);
const formatField = (name, value) => kYesNo.has(name) ? (value ? "yes" : "no") : formatNumber(value);

function at(time) { return formatTime(time, 1e6); }
function lasting(time) { return formatDuration(time, 1e6); }

function fieldsOf(run, i) {
  const {kind: kinds, row, values} = run.messages;
  const kind = kinds[i];
  return run.kinds[kind].fields.map((name, f) => [name, values[kind][f][row[i]]]);
}

// For a search: every word that somebody may look for.
function messageText(run, i) {
  const {from, to, kind, fate} = run.messages;
  const [a, b] = [run.nodes[from[i]].name, run.nodes[to[i]].name];
  let text = `${run.kinds[kind[i]].name} ${a} ${b} ${a}->${b} ${kFates[fate[i]]}`;
  for (const [name, value] of fieldsOf(run, i)) text += ` ${name}=${value}`;
  return text;
}

// For an arrow's label.
function messageLabel(run, i) {
  const name = run.kinds[run.messages.kind[i]].name;
  const fields = Object.fromEntries(fieldsOf(run, i));
  switch (name) {
    case "AppendEntries":
      return fields.entries === 0 ? `AppendEntries after ${fields.prev_index}`
          : `AppendEntries ${fields.prev_index + 1}` +
            (fields.entries > 1 ? `–${fields.prev_index + fields.entries}` : "");
    case "Ack": return `Ack ${fields.match}`;
    case "Reject": return `Reject ${fields.rejected}`;
    case "Heartbeat":
    case "HeartbeatAck": return `${name} ${fields.round}`;
    case "ReadIndexAnswer": return fields.granted ? `ReadIndex is ${fields.index}` : "no ReadIndex";
    case "Vote": return `${fields.pre ? "PreVote granted" : "Vote"} T${fields.term}`;
    case "NoVote": return `${fields.pre ? "PreVote refused" : "NoVote"} T${fields.term}`;
    default: return `${name} T${fields.term}`;
  }
}

// Anything that can be selected: {type, index} and for states and operations also {node, client}.
function timeOf(run, item) {
  switch (item.type) {
    case "message": return run.messages.sent[item.index];
    case "operation": return run.clients[item.client].called[item.index];
    case "fault": return run.faults[item.index].at;
    case "trace": return run.traces[item.index].at;
    case "phase": return run.nodes[item.node].phases[item.index].at;
    case "violation": return run.failedAt;
  }
  return NaN;
}

function sameItem(a, b) {
  return a?.type === b?.type && a?.index === b?.index && a?.client === b?.client && a?.node === b?.node;
}

// A heading, pairs of name and value, and free text.
function describe(run, item) {
  switch (item.type) {
    case "message": return describeMessage(run, item.index);
    case "operation": return describeOperation(run, item);
    case "phase": return describePhase(run, item);
    case "bar": {
      const total = item.counts.reduce((sum, [, count]) => sum + count, 0);
      const what = `sends ${formatNumber(total)} in ${lasting(item.to - item.from)}`;
      return {heading: `${run.nodes[item.node].name} ${what}`, rows: [], fields: item.counts};
    }
    case "violation":
      return {heading: "Violation", rows: [["noticed at", at(run.failedAt)]], text: run.verdict};
    case "trace": {
      const trace = run.traces[item.index];
      return {heading: `${run.nodes[trace.node]?.name ?? "cluster"}: ${trace.text}`,
              rows: [["at", at(trace.at)], ["said by", "the node itself"]]};
    }
    case "fault": {
      const fault = run.faults[item.index];
      return {heading: fault.text, rows: [["at", at(fault.at)],
              ["done to", run.nodes[fault.node]?.name ?? "the cluster"],
              ["number", `${item.index + 1} of ${run.faults.length}`]]};
    }
  }
  return null;
}

function describeMessage(run, i) {
  const {from, to, kind, fate, sent, took} = run.messages;
  const [a, b] = [run.nodes[from[i]].name, run.nodes[to[i]].name];
  const arrives = fate[i] === 0 || fate[i] === kUnheard;
  const rows = [["from", a], ["to", b], ["sent", at(sent[i])],
                [arrives ? "arrived" : "would have arrived", at(sent[i] + took[i])],
                ["on the way", lasting(took[i])], ["fate", kFateWords[kFates[fate[i]]]]];
  const fields = fieldsOf(run, i)
      .map(([name, value]) => [name.replaceAll("_", " "), formatField(name, value)]);
  return {heading: `${run.kinds[kind[i]].name} ${a} → ${b}`, rows, fields,
          family: kFamilies[run.kinds[kind[i]].family].name};
}

function describeOperation(run, {client: c, index}) {
  const client = run.clients[c];
  const operation = client.operations[index];
  const rows = [["client", String(client.id)]];
  if (operation.node >= 0) rows.push(["asked last", run.nodes[operation.node].name]);
  rows.push(["called", at(client.called[index])]);
  if (operation.state !== "unknown") {
    rows.push(["returned", at(client.until[index])],
              ["took", lasting(client.until[index] - client.called[index])]);
  }
  rows.push(["outcome", operation.state === "unknown"
      ? "unknown: it may take effect at any time after its call, or never" : operation.outcome]);
  return {heading: operation.command, rows, isCode: true};
}

function describePhase(run, {node: n, index}) {
  const node = run.nodes[n];
  const phase = node.phases[index];
  const rows = [["from", at(phase.at)], ["until", at(phase.until)],
                ["for", lasting(phase.until - phase.at)]];
  const why = phase.health === "refused" ? ": its disk is damaged" : "";
  if (isDead(phase)) return {heading: `${node.name} is ${phase.health}${why}`, rows};
  rows.push(["health", phase.health], ["term", formatNumber(phase.term)],
            ["leader", phase.leader ? `n${phase.leader}` : "none known"]);
  return {heading: `${node.name} is ${phase.role} in term ${phase.term}`, rows};
}
