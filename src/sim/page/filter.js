// What is shown of a run, and what of it a search finds.

"use strict";

class Filter {
  constructor(run) {
    this.run = run;
    this.kinds = new Uint8Array(run.kinds.length).fill(1);
    this.fates = new Uint8Array(kFates.length).fill(1);
    this.nodes = new Uint8Array(run.nodes.length).fill(1);
    this.clients = new Uint8Array(run.clients.length).fill(1);
    this.faults = true;
    this.traces = true;
    this.shown = new Uint8Array(run.messages.count);  // 1: passes; 2: passes and is found
    this.update();
  }

  update() {
    const {count, kind, fate, from, to} = this.run.messages;
    let passing = 0;
    for (let i = 0; i < count; ++i) {
      const passes = this.kinds[kind[i]] & this.fates[fate[i]] &
          this.nodes[from[i]] & this.nodes[to[i]];
      this.shown[i] = passes;
      passing += passes;
    }
    this.passing = passing;
  }

  shows(item) {
    switch (item.type) {
      case "message": return this.shown[item.index] > 0;
      case "operation": return this.clients[item.client] > 0;
      case "phase": return this.nodes[item.node] > 0;
      case "fault": return this.faults && this.showsNode(this.run.faults[item.index].node);
      case "trace": return this.traces && this.showsNode(this.run.traces[item.index].node);
      default: return true;
    }
  }
  showsNode(node) { return node < 0 || this.nodes[node] > 0; }
}

// Looks through everything that the filter shows for texts that have all the words; in slices, so
// that the page stays alive.
class Search {
  constructor(run, filter, onProgress) {
    this.run = run;
    this.filter = filter;
    this.onProgress = onProgress;
    this.words = [];
    this.hits = [];
    this.isDone = true;
    this.work = null;
  }

  get isActive() { return this.words.length > 0; }

  start(text) {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.hits = [];
    this.found = new Map();  // client -> set of its operations that were found
    const {shown} = this.filter;
    for (let i = 0; i < shown.length; ++i) shown[i] &= 1;
    this.isDone = !this.isActive;
    this.work = this.isActive ? this.look() : null;
    this.onProgress();
    this.goOn();
  }

  goOn() {
    const work = this.work;
    if (!work) return;
    const until = performance.now() + 12;
    while (performance.now() < until) {
      if (!work.next().done) continue;
      this.work = null;
      this.hits.sort((a, b) => a.time - b.time);
      this.isDone = true;
      break;
    }
    this.onProgress();
    if (this.work) setTimeout(() => this.work === work && this.goOn(), 0);
  }

  matches(text) {
    const lower = text.toLowerCase();
    return this.words.every((word) => lower.includes(word));
  }

  add(item) { this.hits.push({time: timeOf(this.run, item), item}); }

  // Yields now and then.
  * look() {
    const {run, filter} = this;
    for (const type of ["fault", "trace"]) {
      const lines = type === "fault" ? run.faults : run.traces;
      for (let index = 0; index < lines.length; ++index) {
        const text = `${lines[index].text} ${run.nodes[lines[index].node]?.name ?? "cluster"}`;
        if (filter.shows({type, index}) && this.matches(text)) this.add({type, index});
        if (index % 256 === 255) yield;
      }
    }
    for (let client = 0; client < run.clients.length; ++client) {
      const {operations, name} = run.clients[client];
      if (!filter.clients[client]) continue;
      const found = new Set();
      this.found.set(client, found);
      for (let index = 0; index < operations.length; ++index) {
        const {command, outcome, state} = operations[index];
        if (this.matches(`${name} ${command} ${outcome} ${state}`)) {
          found.add(index);
          this.add({type: "operation", client, index});
        }
        if (index % 256 === 255) yield;
      }
    }
    for (let index = 0; index < run.messages.count; ++index) {
      if (filter.shown[index] && this.matches(messageText(run, index))) {
        filter.shown[index] = 3;
        this.add({type: "message", index});
      }
      if (index % 128 === 127) yield;
    }
  }

  // True: it is to be seen as usual; else it steps back behind what was found.
  finds(item) {
    if (!this.isActive) return true;
    if (item.type === "message") return (this.filter.shown[item.index] & 2) > 0;
    if (item.type === "operation") return this.found.get(item.client)?.has(item.index) ?? false;
    return true;
  }
}

// The next or previous thing in time that is shown (and found, while a search is on), from `time`
// and from `item` if one is selected.
function neighbour(app, item, time, direction) {
  const {run, filter, search} = app;
  if (search.isActive) {
    const hits = search.hits.filter((hit) => filter.shows(hit.item));
    return neighbourOf(hits, item, time, direction);
  }
  const candidates = [];
  const look = (times, make) => {
    let i = direction > 0 ? lowerBound(times, time - 1e-6) : lastAt(times, time);
    for (let steps = 0; i >= 0 && i < times.length && steps < 20000; i += direction, ++steps) {
      const found = make(i);
      if (!filter.shows(found)) continue;
      const hit = {time: times[i], item: found};
      candidates.push(hit);
      if (Math.abs(times[i] - time) > 1e-6) break;
    }
  };
  look(run.messages.sent, (index) => ({type: "message", index}));
  look(run.faultAt, (index) => ({type: "fault", index}));
  look(run.traceAt, (index) => ({type: "trace", index}));
  run.clients.forEach(({called}, client) => {
    look(called, (index) => ({type: "operation", client, index}));
  });
  candidates.sort((a, b) => a.time - b.time || rank(a.item) - rank(b.item));
  return neighbourOf(candidates, item, time, direction);
}

// An order among things of one instant, so that stepping passes each once.
function rank(item) {
  const types = ["fault", "trace", "operation", "message"];
  return types.indexOf(item.type) * 1e9 + (item.client ?? 0) * 1e7 + item.index;
}

function neighbourOf(hits, item, time, direction) {
  const place = item ? hits.findIndex((hit) => sameItem(hit.item, item)) : -1;
  if (place >= 0) return hits[place + direction]?.item ?? null;
  const later = (hit) => direction > 0 ? hit.time > time + 1e-6 : hit.time < time - 1e-6;
  return (direction > 0 ? hits.find(later) : hits.findLast(later))?.item ?? null;
}
