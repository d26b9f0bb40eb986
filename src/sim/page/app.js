// Ties the parts together: what is seen of the run, where the cursor is, and what is selected.

"use strict";

class App {
  constructor(run) {
    this.run = run;
    this.axis = new TimeAxis(0, run.end, 1e6);
    this.filter = new Filter(run);
    this.search = new Search(run, this.filter, () => this.searched());
    this.canvas = byId("plot");
    this.scroller = byId("stage");
    this.cursor = run.failedAt ?? 0;
    this.pointer = null;    // where it is over the lanes
    this.hover = null;      // the time under the pointer, if that is what the panel speaks of
    this.range = null;      // that is being selected
    this.selected = null;
    this.pointed = null;    // what is under the pointer
    this.arrows = [];
    this.marks = [];
    this.bars = [];         // families of messages that are drawn as bars
    this.peak = 0;          // of those, a second
    this.isDue = false;
    this.layer = document.createElement("canvas");
    this.isStale = true;    // the lanes must be painted anew
    this.overview = new Overview(this, byId("overview"));
    this.readTheme();
    this.attach();
    showHead(this);
    attachToolbar(this);
    attachKeys(this);
    this.openAt(location.hash);
    this.resized();
  }

  // The time that the panel and the labels speak of.
  get focus() { return Math.min(Math.max(this.hover ?? this.cursor, 0), this.run.end); }
  get scroll() { return this.scroller.scrollTop; }

  attach() {
    attachAxisInput(this.canvas, this.axis, {
      takes: (event) => event.offsetX > kGutter || event.ctrlKey,
      moved: () => {
        this.viewChanged();
        if (this.pointer) this.hover = this.axis.time(this.pointer.x);
      },
      hovered: (x, y) => this.hovered(x, y),
      clicked: (x, y) => this.clicked(x, y),
      dragged: (dy) => this.scrollBy(dy),
      range: (from, to, isDone) => this.ranged(from, to, isDone),
    });
    this.canvas.addEventListener("dblclick", (event) => {
      if (event.offsetX > kGutter) this.zoom(1 / 4, this.axis.time(event.offsetX));
    });
    this.scroller.addEventListener("scroll", () => this.invalidate());
    new ResizeObserver(() => this.resized()).observe(this.scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.readTheme();
      this.invalidate();
    });
    addEventListener("hashchange", () => this.openAt(location.hash));
  }

  readTheme() {
    this.colors = readColors();
    this.fonts = readFonts();
    const ctx = this.canvas.getContext("2d");
    this.patterns = {hatch: makeHatch(ctx, this.colors["bg"]), grey: makeHatch(ctx, this.colors["muted"])};
    this.overview.isStale = true;
  }

  resized() {
    const {clientWidth, clientHeight} = this.scroller;
    this.layout = layOut(this, clientWidth, clientHeight);
    this.canvas.style.height = `${clientHeight}px`;
    byId("filler").style.height = `${Math.max(this.layout.height - clientHeight, 0)}px`;
    this.axis.place(kGutter, clientWidth - kGutter - 12);
    this.overview.isStale = true;
    this.invalidate();
  }

  invalidate(isStale = true) {
    this.isStale ||= isStale;
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  draw() {
    paint(this);
    this.overview.paint();
    showMoment(this);
    const [from, to] = [Math.max(this.axis.from, 0), Math.min(this.axis.to, this.run.end)];
    byId("view").textContent = `${at(from)} – ${at(to)} (${lasting(this.axis.span)})`;
  }

  // What was under the pointer is elsewhere now; it is looked for when the pointer moves again.
  viewChanged() {
    this.hover = null;
    this.point(null);
    this.invalidate();
  }

  hovered(x, y) {
    this.pointer = x !== null && x >= this.axis.left ? {x, y} : null;
    this.hover = this.pointer && this.axis.time(x);
    this.point(this.pointer && (pick(this, x, y + this.scroll) ?? pickBar(this, x, y + this.scroll)));
    this.invalidate(false);
  }

  point(item) {
    this.pointed = item;
    this.canvas.style.cursor = item && item.type !== "bar" ? "pointer" : "";
    this.showTip(this.pointer?.x, this.pointer?.y);
  }

  showTip(x, y) {
    const tip = byId("tip");
    const about = this.pointed && describe(this.run, this.pointed);
    tip.hidden = !about;
    if (!about) return;
    const rows = about.fields ?? about.rows.slice(0, 3);
    const text = rows.map(([name, value]) => `${name} ${value}`).join(" · ");
    tip.replaceChildren(element("strong", {}, about.heading), element("span", {}, text));
    const room = this.scroller.clientWidth - tip.offsetWidth - 12;
    tip.style.left = `${Math.min(x + 14, room)}px`;
    const isLow = y + 18 + tip.offsetHeight > this.scroller.clientHeight;
    tip.style.top = `${this.scroll + (isLow ? y - tip.offsetHeight - 10 : y + 18)}px`;
  }

  clicked(x, y) {
    byId("stage").focus({preventScroll: true});
    if (x < this.axis.left) return;
    const item = pick(this, x, y + this.scroll);
    this.setCursor(this.axis.time(x));
    this.select(item, false);
  }

  ranged(from, to, isDone) {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    this.range = isDone ? null : {from: low, to: high};
    if (isDone && high > low) this.axis.show(low, high);
    this.invalidate(isDone);
  }

  setCursor(time) {
    this.cursor = Math.min(Math.max(time, 0), this.run.end);
    this.hover = null;
    clearTimeout(this.naming);  // browsers bear only so many changes
    const name = `#t=${(this.cursor / 1000).toFixed(3)}`;
    this.naming = setTimeout(() => history.replaceState(null, "", name), 300);
    this.invalidate(false);
  }

  // `#t=12345.678`: a time in ms, as in the terminal.
  openAt(hash) {
    const time = /^#t=([\d.]+)$/.exec(hash);
    if (!time || Number(time[1]) * 1000 === Math.round(this.cursor)) return;
    this.cursor = Math.min(Number(time[1]) * 1000, this.run.end);
    this.axis.center(this.cursor, Math.min(1e6, this.run.end));
    this.invalidate();
  }

  select(item, reveals = true) {
    this.selected = item;
    if (item && reveals) {
      this.setCursor(timeOf(this.run, item));
      this.reveal(item, false);
    }
    showDetails(this);
    if (item) announce(describe(this.run, item).heading + ", " + at(timeOf(this.run, item)));
    this.invalidate(false);
  }

  // Brings it into view; to the middle if it `must` move.
  reveal(item, must) {
    const time = item ? timeOf(this.run, item) : this.cursor;
    const air = this.axis.span * 0.05;
    if (!must && time >= this.axis.from + air && time <= this.axis.to - air) return;
    this.axis.center(time);
    this.viewChanged();
  }

  step(direction) {
    const next = neighbour(this, this.selected, this.cursor, direction);
    if (next) this.select(next);
    else announce("nothing further");
  }

  goToFault(direction) {
    const {run, filter} = this;
    let start = lowerBound(run.faultAt, this.cursor) - 1;
    if (direction > 0) start = lowerBound(run.faultAt, this.cursor + 1e-6);
    if (this.selected?.type === "fault") start = this.selected.index + direction;
    for (let index = start; index >= 0 && index < run.faults.length; index += direction) {
      const item = {type: "fault", index};
      if (!filter.shows(item)) continue;
      if (this.axis.isWhole) this.axis.center(run.faults[index].at, Math.min(2e6, run.end));
      this.select(item);
      return this.reveal(item, true);
    }
    announce("no further fault");
  }

  goToViolation() {
    if (this.run.failedAt === null) return;
    const item = {type: "violation", index: 0};
    this.axis.center(this.run.failedAt, Math.min(this.axis.span, 2e6));
    this.select(item);
    this.viewChanged();
  }

  goTo(time) {
    this.axis.center(time);
    this.setCursor(time);
    this.viewChanged();
  }

  zoom(factor, around = null) {
    const {axis, cursor} = this;
    const inView = cursor >= axis.from && cursor <= axis.to;
    axis.zoom(factor, around ?? (inView ? cursor : (axis.from + axis.to) / 2));
    this.viewChanged();
  }
  pan(share) {
    this.axis.pan(this.axis.span * share);
    this.viewChanged();
  }
  fit() {
    this.axis.fit();
    this.viewChanged();
  }
  scrollBy(dy) { this.scroller.scrollTop += dy; }

  escape() {
    if (byId("filters").open) byId("filters").open = false;
    else this.select(null);
  }

  filterChanged() {
    this.filter.update();
    showFilter(this);
    if (this.search.isActive) this.search.start(byId("search").value);
    this.resized();
  }

  searched() {
    showSearch(this);
    this.invalidate();
  }
}

const app = new App(decodeRun(JSON.parse(byId("run").textContent)));
