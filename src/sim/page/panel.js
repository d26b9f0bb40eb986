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
    return [element("li", {class: `operation ${state}`},
        element("button", {type: "button", class: "plain", onclick: () => app.select({type: "operation", client: c, index})},
            `${client.name}: ${command}`), ` since ${since}`)];
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
  const cells = !phase ? ["not started", "", "", "", "", ""]
      : isDead(phase) ? [phase.health, "", "", "", "", ""]
      : [phase.health === "paused" ? "paused" : phase.role, formatNumber(phase.term),
         phase.leader ? `n${phase.leader}` : "–", formatNumber(node.last[state]),
         formatNumber(node.commit[state]), formatNumber(node.applied[state])];
  const style = phase ? phaseStyle(phase) : "down";
  return element("tr", {"data-node": node.name},
      element("th", {scope: "row"}, element("span", {class: "dot", style: `background: var(--${style})`}), node.name),
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
  const between = (a, b, from, to) => {
    const [[ax, ay], [bx, by]] = [place(a), place(b)];
    return [ax + (bx - ax) * from, ay + (by - ay) * from, ax + (bx - ax) * to, ay + (by - ay) * to].map((v) => v.toFixed(1));
  };
  const cuts = cutsAt(run.links, focus);
  let svg = "";
  for (let a = 0; a < n; ++a) {
    for (let b = 0; b < a; ++b) {
      const [there, back] = [cuts.has(a * 256 + b), cuts.has(b * 256 + a)];
      const [x1, y1, x2, y2] = between(a, b, 0, 1);
      const isCut = there || back;
      svg += `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${isCut ? colors["fault"] : colors["line"]}"` +
          ` stroke-width="${isCut ? 1.5 : 1}"${isCut ? ' stroke-dasharray="3 4"' : ""}/>`;
      if (there !== back) {  // one way only: the arrow shows where nothing passes
        const [from, to] = there ? [a, b] : [b, a];
        const [, , mx, my] = between(from, to, 0, 0.72);
        svg += `<circle cx="${mx}" cy="${my}" r="4" fill="${colors["fault"]}"/>`;
      }
    }
  }
  for (const i of underWay(app).slice(0, 60)) {
    const {from, to, sent, took, kind} = run.messages;
    const share = Math.min((focus - sent[i]) / Math.max(took[i], 1), 1);
    const [x1, y1, x2, y2] = between(from[i], to[i], Math.max(share - 0.12, 0), share);
    const color = colors[kFamilies[run.kinds[kind[i]].family].name];
    svg += `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="2"/>` +
        `<circle cx="${x2}" cy="${y2}" r="3" fill="${color}"/>`;
  }
  run.nodes.forEach((node, i) => {
    const phase = phaseAt(node, focus);
    const [x, y] = place(i);
    const style = phase ? phaseStyle(phase) : "down";
    const isUp = !isDead(phase);
    svg += `<circle cx="${x}" cy="${y}" r="17" fill="${isUp ? colors[style] : colors["bg"]}" stroke="${isUp ? colors["bg"] : colors["muted"]}"` +
        ` stroke-width="2"${isUp ? "" : ' stroke-dasharray="3 3"'} opacity="${filter.nodes[i] ? 1 : 0.4}"/>` +
        `<text x="${x}" y="${y + 4}" text-anchor="middle" fill="${isUp ? colors[`on-${style}`] : colors["muted"]}">${node.name}</text>`;
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
  const rows = (pairs) => pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  byId("details-rows").replaceChildren(...rows(details.rows));
  byId("details-fields").replaceChildren(...rows(details.fields ?? []));
  byId("details-fields-heading").hidden = !details.fields;
  byId("details-text").textContent = details.text ?? "";
  byId("details-text").hidden = !details.text;
}

function announce(text) { byId("status").textContent = text; }
