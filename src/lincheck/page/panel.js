// The head, the choices and what the panel says of the part and of an operation.

"use strict";

const kVerdictClass = {"linearizable": "good", "not linearizable": "bad", "unknown": "unsure"};
const kVerdictSign = {"linearizable": "✓", "not linearizable": "✗", "unknown": "?"};
const kNeighbours = 6;

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function showHead(history) {
  byId("title").textContent = history.title;
  byId("verdict").textContent = history.verdict;
  byId("verdict").classList.add(kVerdictClass[history.verdict]);
  byId("facts").textContent = history.facts;
}

// Those that are not linearizable come first, then those that are not settled.
function showParts(history) {
  const urgency = {"not linearizable": 0, "unknown": 1, "linearizable": 2};
  const sorted = [...history.parts].sort((a, b) => urgency[a.verdict] - urgency[b.verdict] || a.index - b.index);
  byId("part").replaceChildren(...sorted.map((part) => element("option", {value: part.index},
      `${kVerdictSign[part.verdict]} ${partName(part)} (${part.operations.length})`)));
  return sorted[0];
}

function partName(part) {
  const shown = part.keys.slice(0, 3).join(", ");
  return (part.keys.length > 1 ? "keys " : "key ") + shown + (part.keys.length > 3 ? ", …" : "");
}

function showOrders(part) {
  const label = (order) => {
    const length = `${order.operations.length} operations`;
    if (part.verdict === "linearizable") return length;
    return order.number === 0 && part.failed ? `${length}, all until the failure` : length;
  };
  byId("order").replaceChildren(...part.orders.map((order) => element("option", {value: order.number}, label(order))));
  byId("order").disabled = part.orders.length < 2;
  byId("failure").disabled = !part.failed;
}

function showPanel(app) {
  byId("panel").replaceChildren(partSection(app),
      ...(app.selected ? [operationSection(app, app.selected), neighbourSection(app, app.selected)] : []));
}

function partSection({part}) {
  const said = {
    "linearizable": ["The line goes through all operations that returned, in an order that explains every answer."],
    "unknown": [part.orders.length > 0 ? "The search met a limit. The line is the longest order that it found." :
        "Not searched to the end: a limit was met, or another part had failed by then."],
    "not linearizable": part.failed ? [
      "No order explains the answer of ", operationLink(part.failed, "failed"),
      ". Until it returned all was well: the first order is the proof. The others go on with operations that the first one leaves out.",
    ] : ["There is no order. Where it fails would have taken too long to find."],
  }[part.verdict];
  return element("section", {}, element("h2", {textContent: `${kVerdictSign[part.verdict]} ${partName(part)}: ${part.verdict}`}),
      element("p", {}, ...said));
}

function operationLink(operation, className = "") {
  return element("button", {type: "button", className: `alarm ${className}`, textContent: operation.text,
    onclick: () => app.select(operation, true)});
}

function rows(pairs) {
  return element("dl", {}, ...pairs.flatMap(([name, value]) =>
      [element("dt", {textContent: name}), element("dd", {textContent: value})]));
}

function operationSection({history, order, part}, operation) {
  const place = order?.place.get(operation);
  const pairs = [["client", String(history.clients[operation.client])], ["called", formatNanoseconds(operation.call)]];
  if (operation.end === null) {
    pairs.push(["returned", "never: it may take effect any time, or not at all"]);
  } else {
    pairs.push(["returned", formatNanoseconds(operation.end)], ["took", formatNanoseconds(operation.end - operation.call)]);
  }
  if (place === undefined) {
    pairs.push(["in this order", "no"]);
  } else {
    pairs.push(["in this order", `${place + 1} of ${order.operations.length}`]);
    if (order.states[place]) pairs.push(["then", order.states[place]]);
  }
  return element("section", {}, element("p", {className: "what", textContent: operation.text}),
      operation === part.failed ? element("p", {className: "alarm", textContent: "no order explains this answer"}) : null,
      rows(pairs));
}

// What comes before and after it in the order.
function neighbourSection({order, part}, operation) {
  const place = order?.place.get(operation);
  if (place === undefined) return "";
  const from = Math.max(0, place - kNeighbours);
  const items = order.operations.slice(from, place + kNeighbours + 1).map((each) => element("li", {},
      element("button", {type: "button", textContent: `${order.place.get(each) + 1}  ${each.text}`, title: each.text,
        className: (each === operation ? "chosen " : "") + (each === part.failed ? "failed" : ""),
        onclick: () => app.select(each, true)})));
  return element("section", {}, element("h2", {textContent: "Around it in the order"}),
      element("ol", {className: "steps"}, ...items));
}
