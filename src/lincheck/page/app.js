// Ties the parts together: which part of the history and which order are shown, where the view is,
// and what is selected.

"use strict";

const kBeforeFailure = 30;  // operations

class App {
  constructor(history) {
    this.history = history;
    this.canvas = byId("plot");
    this.scroller = byId("stage");
    this.axis = new TimeAxis(0, 1, 1e9);
    this.part = null;
    this.order = null;
    this.selected = null;
    this.range = null;  // that is being selected
    this.isDue = false;
    this.colors = readColors();
    showHead(history);
    this.attach();
    const first = showParts(history);
    if (first) this.showPart(first);
  }

  get scroll() { return this.scroller.scrollTop; }

  attach() {
    attachAxisInput(this.canvas, this.axis, {
      takes: (event) => event.offsetX > kGutter && !event.altKey,
      moved: () => this.invalidate(),
      hovered: (x, y) => this.hovered(x, y),
      clicked: (x, y) => this.clicked(x, y),
      dragged: (dy) => { this.scroller.scrollTop += dy; },
      range: (from, to, isDone) => this.ranged(from, to, isDone),
    });
    this.scroller.addEventListener("scroll", () => this.invalidate());
    new ResizeObserver(() => this.resized()).observe(this.scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colors = readColors();
      this.invalidate();
    });
    byId("part").addEventListener("change", () => this.showPart(this.history.parts[byId("part").value]));
    byId("order").addEventListener("change", () => this.showOrder(this.part.orders[byId("order").value]));
    for (const [id, action] of Object.entries(this.actions())) byId(id).addEventListener("click", action);
    addEventListener("keydown", (event) => this.key(event));
  }

  actions() {
    return {
      "zoom-in": () => this.zoom(1 / 1.6),
      "zoom-out": () => this.zoom(1.6),
      "zoom-fit": () => this.fit(),
      "previous": () => this.step(-1),
      "next": () => this.step(1),
      "failure": () => this.goToFailure(),
    };
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
    const ids = {"+": "zoom-in", "=": "zoom-in", "-": "zoom-out", "0": "zoom-fit", "p": "previous", "n": "next", "f": "failure"};
    const pans = {ArrowLeft: -0.2, ArrowRight: 0.2};
    if (ids[event.key]) {
      if (!byId(ids[event.key]).disabled) this.actions()[ids[event.key]]();
    } else if (pans[event.key]) {
      this.axis.pan(this.axis.span * pans[event.key]);
      this.invalidate();
    } else if (event.key === "Escape") {
      this.select(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  showPart(part) {
    this.part = part;
    this.selected = null;
    this.axis.min = part.begin;
    this.axis.max = Math.max(part.end, part.begin + 1);
    // Histories that were written by hand count in ones.
    this.axis.spanMin = Math.max((this.axis.max - this.axis.min) / 1e5, 1);
    this.axis.fit();
    byId("part").value = part.index;
    showOrders(part);
    this.showOrder(part.orders[0] ?? null);
    this.resized();
    if (part.failed) this.goToFailure();
  }

  showOrder(order) {
    this.order = order;
    if (order) byId("order").value = order.number;
    byId("previous").disabled = byId("next").disabled = !order;
    showPanel(this);
    this.invalidate();
  }

  // An operation's longest order is shown with it.
  select(operation, reveals = false) {
    this.selected = operation;
    if (operation && this.order && !this.order.place.has(operation)) {
      const order = this.part.orderWith.get(operation);
      if (order) this.showOrder(order);
    }
    if (operation && reveals) this.reveal(operation);
    showPanel(this);
    this.invalidate();
  }

  reveal(operation) {
    const air = this.axis.span * 0.05;
    const point = this.order?.points[this.order.place.get(operation)] ?? operation.call;
    if (point < this.axis.from + air || point > this.axis.to - air) this.axis.center(point);
    const top = this.part.rows.get(operation.client) * kRow;
    const room = this.scroller.clientHeight - kHead - kRow;
    if (top < this.scroll || top > this.scroll + room) this.scroller.scrollTop = top - room / 2;
  }

  step(direction) {
    const place = this.order.place.get(this.selected);
    const next = this.order.operations[place === undefined ? 0 : place + direction];
    if (next) this.select(next, true);
  }

  // So far in that the last operations before it can be read.
  goToFailure() {
    const {failed, operations} = this.part;
    const before = lowerBound(operations, failed.end, (o) => o.call);
    const first = operations[Math.max(before - kBeforeFailure, 0)];
    const span = Math.max(failed.end - first.call, (failed.end - failed.call) * 2);
    this.axis.show(failed.end - span * 1.05, failed.end + span * 0.25);
    this.selected = failed;
    this.reveal(failed);
    showPanel(this);
    this.invalidate();
  }

  zoom(factor) {
    const middle = this.selected?.call ?? (this.axis.from + this.axis.to) / 2;
    const isInView = middle >= this.axis.from && middle <= this.axis.to;
    this.axis.zoom(factor, isInView ? middle : (this.axis.from + this.axis.to) / 2);
    this.invalidate();
  }

  fit() {
    this.axis.fit();
    this.invalidate();
  }

  ranged(from, to, isDone) {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    this.range = isDone ? null : {from: low, to: high};
    if (isDone && high > low) this.axis.show(low, high);
    this.invalidate();
  }

  // The operation there, or whose point in the order is there.
  pick(x, y) {
    let found = null;
    eachInView(this, this.canvas.clientHeight, (operation, left, top, width) => {
      if (x >= left - 2 && x <= left + width + 2 && y >= top && y <= top + kBar) found = operation;
    });
    return found;
  }

  hovered(x, y) {
    const tip = byId("tip");
    const operation = x === null || x < kGutter || y < kHead ? null : this.pick(x, y);
    this.canvas.style.cursor = operation ? "pointer" : "";
    tip.hidden = !operation;
    if (!operation) return;
    const place = this.order?.place.get(operation);
    const took = operation.end === null ? "outcome unknown" : `took ${formatNanoseconds(operation.end - operation.call)}`;
    const state = place === undefined ? "not in this order" : `${place + 1} in the order; then ${this.order.states[place]}`;
    tip.replaceChildren(element("strong", {textContent: operation.text}),
        element("span", {textContent: `client ${this.history.clients[operation.client]} · ${took} · ${state}`}));
    tip.style.left = `${Math.min(x + 14, Math.max(this.scroller.clientWidth - tip.offsetWidth - 12, 0))}px`;
    const isLow = y + 18 + tip.offsetHeight > this.scroller.clientHeight;
    tip.style.top = `${this.scroll + (isLow ? y - tip.offsetHeight - 10 : y + 18)}px`;
  }

  clicked(x, y) {
    this.scroller.focus({preventScroll: true});
    if (x > kGutter && y > kHead) this.select(this.pick(x, y));
  }

  resized() {
    const {clientWidth, clientHeight} = this.scroller;
    this.canvas.style.height = `${clientHeight}px`;
    const rows = (this.part?.clients.length ?? 0) * kRow + kHead + 8;
    byId("filler").style.height = `${Math.max(rows - clientHeight, 0)}px`;
    this.axis.place(kGutter, clientWidth - kGutter - 12);
    this.invalidate();
  }

  invalidate() {
    if (this.isDue || !this.part) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      paint(this);
      byId("view").textContent = `${formatNanoseconds(Math.max(this.axis.from, 0))} – ${formatNanoseconds(this.axis.to)}`;
    });
  }
}

const app = new App(decodeHistory(JSON.parse(byId("history").textContent)));
