// A horizontal axis of time that can be zoomed and panned, its ticks and its input. It knows
// nothing of what is drawn along it.

"use strict";

const kThinSpace = "\u2009";

class TimeAxis {
  // Times are numbers; a second has `unit` of them. [min, max] is what there is to see.
  constructor(min, max, unit) {
    this.min = min;
    this.max = Math.max(max, min + 1);
    this.unit = unit;
    this.left = 0;
    this.width = 1;
    this.spanMin = Math.max(unit / 100000, 1e-9);  // 10 µs
    this.fit();
  }

  place(left, width) {
    this.left = left;
    this.width = Math.max(width, 1);
  }

  get span() { return this.to - this.from; }
  get isWhole() { return this.from <= this.min && this.to >= this.max; }
  x(time) { return this.left + (time - this.from) / this.span * this.width; }
  time(x) { return this.from + (x - this.left) / this.width * this.span; }

  // Never shows more than there is, but for a little air.
  show(from, to) {
    const whole = this.max - this.min;
    const air = whole * 0.01;
    const span = Math.min(Math.max(to - from, this.spanMin), whole + 2 * air);
    const share = span / (whole + 2 * air);
    const slack = share * air + (1 - share) * span / 10;
    const wanted = (from + to - span) / 2;
    this.from = Math.min(Math.max(wanted, this.min - slack), this.max + slack - span);
    this.to = this.from + span;
  }

  fit() { this.show(2 * this.min - this.max, 2 * this.max - this.min); }
  // The time at `at` stays where it is.
  zoom(factor, at) {
    const from = at - (at - this.from) * factor;
    this.show(from, from + this.span * factor);
  }
  pan(by) { this.show(this.from + by, this.to + by); }
  center(time, span = this.span) { this.show(time - span / 2, time + span / 2); }

  // Round times, about `pixels` apart; every fifth or second of them has a label.
  ticks(pixels = 120) {
    const rough = this.span / this.width * pixels;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough);
    const ticks = [];
    const first = Math.ceil(this.from / step) * step;
    for (let time = first; time <= this.to; time += step) {
      ticks.push({time, label: formatTime(time, this.unit, step)});
    }
    return {ticks, step};
  }
}

// `12.345 678 s`, with as many places as `step` needs; all six without one.
function formatTime(time, unit, step = 0) {
  const places = step > 0 ? Math.min(Math.max(Math.ceil(-Math.log10(step / unit) - 1e-9), 0), 6) : 6;
  const [whole, part] = Math.abs(time / unit).toFixed(places).split(".");
  const sign = time < 0 && (Number(whole) || Number(part)) ? "−" : "";
  const grouped = part ? "." + part.replace(/(\d{3})(?=\d)/g, "$1" + kThinSpace) : "";
  return `${sign}${whole}${grouped} s`;
}

function formatDuration(time, unit) {
  const us = time / unit * 1e6;
  const size = Math.abs(us);
  const round = (value) => String(Number(value.toPrecision(4)));
  if (size < 1000) return `${round(us)} µs`;
  if (size < 1e6) return `${round(us / 1000)} ms`;
  return `${round(us / 1e6)} s`;
}

// `12.345`, `12.345 s`, `12345.678 ms`, `900 us`; NaN if it is no time.
function parseTime(text, unit) {
  const match = /^\s*(-?[\d\s\u2009]*\.?[\d\s\u2009]+?)\s*(s|ms|us|µs)?\s*$/.exec(text);
  if (!match) return NaN;
  const perSecond = {s: 1, ms: 1e3, us: 1e6, "µs": 1e6}[match[2] ?? "s"];
  return Number(match[1].replace(/[\s\u2009]/g, "")) / perSecond * unit;
}

// Wheel, drag, pinch and shift-drag on `element` move `axis`. `on` is told of
//   moved()              the view changed
//   hovered(x, y|null)   where the pointer is, or that it left
//   clicked(x, y)
//   dragged(dy)          vertically, while panning
//   range(from, to, isDone)
// and decides with `on.takes(event)` which wheel turns are for the axis.
function attachAxisInput(element, axis, on) {
  const pointers = new Map();
  let drag = null;
  let pinch = 0;

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
  };
  const distance = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  element.addEventListener("wheel", (event) => {
    if (!on.takes(event)) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      axis.pan(sideways * pixels / axis.width * axis.span);
    } else {
      const turns = Math.max(-3, Math.min(3, event.deltaY * pixels / 100));
      axis.zoom(1.25 ** turns, axis.time(place(event).x));
    }
    on.moved();
  }, {passive: false});

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = place(event);
    pointers.set(event.pointerId, at);
    element.setPointerCapture(event.pointerId);
    if (pointers.size === 2) pinch = distance();
    drag = {start: at, last: at, moves: false, selects: event.shiftKey};
  });

  element.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (!pointers.has(event.pointerId)) return on.hovered(at.x, at.y);
    pointers.set(event.pointerId, at);
    if (pointers.size === 2) {
      const now = distance();
      axis.zoom(pinch / Math.max(now, 1), axis.time(at.x));
      pinch = now;
      drag.moves = true;
      return on.moved();
    }
    if (!drag.moves && Math.hypot(at.x - drag.start.x, at.y - drag.start.y) < 4) return;
    drag.moves = true;
    if (drag.selects) return on.range(axis.time(drag.start.x), axis.time(at.x), false);
    axis.pan((drag.last.x - at.x) / axis.width * axis.span);
    on.dragged(drag.last.y - at.y);
    drag.last = at;
    on.moved();
  });

  const release = (event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const at = place(event);
    if (drag.selects && drag.moves) on.range(axis.time(drag.start.x), axis.time(at.x), true);
    if (!drag.moves && event.type === "pointerup") on.clicked(at.x, at.y);
    if (pointers.size === 0) drag = null;
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", () => on.hovered(null, null));
}
