// The panel beside the lanes: every node's and client's state at one moment, and all about what is
// selected.

"use strict";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);

function showMoment(app) {
  const {run, focus} = app;
  byId("moment-time").textContent = at(focus);
  byId("moment-whose").textContent = app.hover === null ? "cursor" : "pointer";
  byId("moment-nodes").replaceChildren(...run.nodes.map((node, i) => nodeRow(app, node, i)));
  showRing(app);
  const busy = run.clients.flatMap((client, c) => {
    const index = operationAt(client, focus);
    if (index < 0) return [];
    const {command, state} = client.operations[index];
    const since = lasting(focus - client.called[index]);
    const select = () => app.select({type: "operation", client: c, index});
    const name = element("button", {type: "button", class: "plain", onclick: select},
        `${client.name}: ${command}`);
    return [element("li", {class: `operation ${state}`}, name, ` since ${since}`)];
  });
  byId("moment-clients").replaceChildren(...busy);
  byId("moment-idle").hidden = run.clients.length === 0 || busy.length > 0;
}

// The operation that waits for its answer at this time; -1 if there is none.
function operationAt(client, time) {
  for (let i = lastAt(client.called, time); i >= 0 && client.called[i] >= time - client.tookMax; --i) {
    if (operationEnd(client, i, Infinity) > time) return i;
  }
  return -1;
}

function nodeRow(app, node, i) {
  const phase = phaseAt(node, app.focus);
  const state = lastAt(node.at, app.focus);
  const cells = [phase ? phaseStyle(phase) : "not started", "", "", "", "", ""];
  if (!isDead(phase)) {
    const numbers = [phase.term, node.last[state], node.commit[state], node.applied[state]];
    const [term, ...indexes] = numbers.map(formatNumber);
    cells.splice(1, 5, term, phase.leader ? `n${phase.leader}` : "–", ...indexes);
  }
  const dot = element("span", {class: "dot", style: `background: var(--${phaseStyle(phase)})`});
  return element("tr", {}, element("th", {scope: "row"}, dot, node.name),
      ...cells.map((text, c) => element("td", c === 0 ? {class: "word"} : {}, text)));
}

// The nodes in a ring, the links that are cut, and what is under way between them.
function showRing(app) {
  const {run, focus, colors, filter} = app;
  const n = run.nodes.length;
  const place = (i) => {
    const angle = 2 * Math.PI * i / n - Math.PI / 2;
    return [150 + 112 * Math.cos(angle), 92 + 70 * Math.sin(angle)];
  };
  // A point on the way from one to another.
  const between = (a, b, share) => {
    const [[ax, ay], [bx, by]] = [place(a), place(b)];
    return [(ax + (bx - ax) * share).toFixed(1), (ay + (by - ay) * share).toFixed(1)];
  };
  const line = ([x1, y1], [x2, y2], color, more) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" ${more}/>`;
  const spot = ([x, y], radius, color) => `<circle cx="${x}" cy="${y}" r="${radius}" fill="${color}"/>`;
  const cuts = cutsAt(run.links, focus);
  let svg = "";
  for (let a = 0; a < n; ++a) {
    for (let b = 0; b < a; ++b) {
      const [there, back] = [cuts.has(a * 256 + b), cuts.has(b * 256 + a)];
      const isCut = there || back;
      svg += isCut ? line(place(a), place(b), colors["fault"], 'stroke-width="1.5" stroke-dasharray="3 4"')
          : line(place(a), place(b), colors["line"], "");
      // One way only: a spot before whom nothing reaches.
      if (there !== back) svg += spot(there ? between(a, b, 0.72) : between(b, a, 0.72), 4, colors["fault"]);
    }
  }
  for (const i of underWay(app).slice(0, 60)) {
    const {from, to, sent, took, kind} = run.messages;
    const share = Math.min((focus - sent[i]) / Math.max(took[i], 1), 1);
    const [tail, head] = [Math.max(share - 0.12, 0), share].map((s) => between(from[i], to[i], s));
    const color = colors[kFamilies[run.kinds[kind[i]].family].name];
    svg += line(tail, head, color, 'stroke-width="2"') + spot(head, 3, color);
  }
  run.nodes.forEach((node, i) => {
    const phase = phaseAt(node, focus);
    const [x, y] = place(i);
    const style = phaseStyle(phase);
    const [fill, stroke, ink, dash] = isDead(phase) ? [colors["bg"], colors["muted"], colors["muted"], "3 3"]
        : [colors[style], colors["bg"], colors[`on-${style}`], "none"];
    svg += `<g opacity="${filter.nodes[i] ? 1 : 0.4}"><circle cx="${x}" cy="${y}" r="17" fill="${fill}"` +
        ` stroke="${stroke}" stroke-width="2" stroke-dasharray="${dash}"/>` +
        `<text x="${x}" y="${y + 4}" text-anchor="middle" fill="${ink}">${node.name}</text></g>`;
  });
  byId("ring").innerHTML = svg;
}

function underWay({run, focus, filter}) {
  const {sent, took, tookMax, fate} = run.messages;
  const found = [];
  const end = lowerBound(sent, focus + 1e-6);
  for (let i = end - 1; i >= 0 && sent[i] >= focus - tookMax && found.length < 60; --i) {
    const until = sent[i] + took[i] * (fate[i] >= 1 && fate[i] <= 3 ? 0.5 : 1);
    if (filter.shown[i] && until >= focus) found.push(i);
  }
  return found;
}

function showDetails(app) {
  const {run, selected} = app;
  const details = selected && describe(run, selected);
  byId("details-none").hidden = Boolean(details);
  byId("details").hidden = !details;
  if (!details) return;
  const heading = byId("details-heading");
  heading.textContent = details.heading;
  heading.classList.toggle("code", Boolean(details.isCode));
  heading.style.borderLeftColor = details.family ? app.colors[details.family] : "";
  const row = ([name, value]) => [element("dt", {}, name), element("dd", {}, value)];
  byId("details-rows").replaceChildren(...details.rows.flatMap(row));
  byId("details-fields").replaceChildren(...(details.fields ?? []).flatMap(row));
  byId("details-fields-heading").hidden = !details.fields;
  byId("details-text").textContent = details.text ?? "";
  byId("details-text").hidden = !details.text;
}

function announce(text) { byId("status").textContent = text; }
