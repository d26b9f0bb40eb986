// The whole run in a strip: who leads, how much is sent, faults; and the window on it.

"use strict";

class Overview {
  constructor(app, canvas) {
    this.app = app;
    this.canvas = canvas;
    this.image = document.createElement("canvas");
    this.isStale = true;
    this.grip = null;
    this.listen();
  }

  get left() { return kGutter; }
  get width() { return this.canvas.clientWidth - kGutter - 12; }
  x(time) {
    const {axis} = this.app;
    return this.left + (time - axis.min) / (axis.max - axis.min) * this.width;
  }
  time(x) {
    const {axis} = this.app;
    return axis.min + (x - this.left) / this.width * (axis.max - axis.min);
  }

  listen() {
    const {canvas} = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const x = event.offsetX;
      const {axis} = this.app;
      const [a, b] = [this.x(axis.from), this.x(axis.to)];
      const time = this.time(x);
      if (Math.abs(x - a) < 6) this.grip = {kind: "from"};
      else if (Math.abs(x - b) < 6) this.grip = {kind: "to"};
      else if (x > a && x < b && !axis.isWhole) this.grip = {kind: "window", offset: time - axis.from};
      else this.grip = {kind: "select", start: time, moved: false};
    });
    canvas.addEventListener("pointermove", (event) => this.move(event.offsetX));
    const release = (event) => {
      if (this.grip?.kind === "select" && !this.grip.moved) this.app.axis.center(this.time(event.offsetX));
      this.grip = null;
      this.app.viewChanged();
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", () => { this.grip = null; });
  }

  move(x) {
    const {axis} = this.app;
    const isNear = [axis.from, axis.to].some((time) => Math.abs(this.x(time) - x) < 6);
    const resizes = this.grip ? ["from", "to"].includes(this.grip.kind) : isNear;
    this.canvas.style.cursor = resizes ? "ew-resize" : "";
    if (!this.grip) return;
    const time = this.time(x);
    if (this.grip.kind === "from") axis.show(Math.min(time, axis.to - axis.spanMin), axis.to);
    if (this.grip.kind === "to") axis.show(axis.from, Math.max(time, axis.from + axis.spanMin));
    if (this.grip.kind === "window") axis.pan(time - this.grip.offset - axis.from);
    if (this.grip.kind === "select") {
      const [a, b] = [this.grip.start, time].sort((p, q) => p - q);
      if (this.x(b) - this.x(a) < 4 && !this.grip.moved) return;
      this.grip.moved = true;
      axis.show(a, b);
    }
    this.app.viewChanged();
  }

  paint() {
    const {canvas, app} = this;
    const {colors, axis} = app;
    if (fitCanvas(canvas)) this.isStale = true;
    if (this.isStale) this.paintRun();
    const ctx = canvas.getContext("2d");
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    ctx.drawImage(this.image, 0, 0, width, height);
    const a = Math.max(this.x(axis.from), this.left);
    const b = Math.min(this.x(axis.to), this.left + this.width);
    ctx.fillStyle = colors["surface"];
    ctx.globalAlpha = 0.66;
    ctx.fillRect(this.left, 0, a - this.left, height);
    ctx.fillRect(b, 0, this.left + this.width - b, height);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colors["accent"];
    ctx.lineWidth = 1.5;
    ctx.strokeRect(a - 0.5, 1, Math.max(b - a, 3) + 1, height - 2);
    ctx.fillStyle = colors["accent"];
    ctx.fillRect(a - 2.5, height / 2 - 8, 4, 16);
    ctx.fillRect(b - 1.5, height / 2 - 8, 4, 16);
    ctx.fillRect(this.x(app.cursor) - 0.5, 0, 1, height);
  }

  paintRun() {
    const {canvas, image, app} = this;
    const {colors, run, layout} = app;
    this.isStale = false;
    image.width = canvas.width;
    image.height = canvas.height;
    const ctx = image.getContext("2d");
    ctx.scale(canvas.width / canvas.clientWidth, canvas.height / canvas.clientHeight);
    const height = canvas.clientHeight;
    ctx.fillStyle = colors["surface"];
    ctx.fillRect(0, 0, canvas.clientWidth, height);
    ctx.fillStyle = colors["bg"];
    ctx.fillRect(this.left, 0, this.width, height);
    this.paintCuts(ctx, height);
    const strip = Math.min(7, (height - 22) / Math.max(layout.nodes.length, 1));
    this.paintTraffic(ctx, 12, height - layout.nodes.length * strip - 4);
    let y = height - layout.nodes.length * strip - 2;
    for (const {node} of layout.nodes) {
      for (const phase of run.nodes[node].phases) {
        if (isDead(phase)) continue;
        const [x1, x2] = [this.x(phase.at), this.x(phase.until)];
        ctx.fillStyle = colors[phaseStyle(phase)];
        ctx.fillRect(x1, y, Math.max(x2 - x1, 0.75), strip - 1);
      }
      y += strip;
    }
    ctx.font = app.fonts.tiny;
    ctx.textBaseline = "middle";
    ctx.fillStyle = colors["muted"];
    ctx.fillText("whole run", 12, height / 2 - 6);
    ctx.fillText(lasting(run.end), 12, height / 2 + 7);
    this.paintFaults(ctx);
  }

  // While links are cut.
  paintCuts(ctx, height) {
    const {run, colors} = this.app;
    ctx.fillStyle = colors["fault"];
    ctx.globalAlpha = 0.14;
    run.links.cuts.forEach((cuts, i) => {
      const [from, to] = [this.x(run.links.at[i]), this.x(run.links.at[i + 1] ?? run.end)];
      if (cuts.size > 0) ctx.fillRect(from, 0, to - from, height);
    });
    ctx.globalAlpha = 1;
  }

  paintTraffic(ctx, top, bottom) {
    const {run, filter, colors} = this.app;
    const {sent, fate, count} = run.messages;
    const columns = Math.max(Math.floor(this.width / 2), 1);
    const all = new Uint32Array(columns);
    const failed = new Uint32Array(columns);
    for (let i = 0; i < count; ++i) {
      if (!filter.shown[i]) continue;
      const column = Math.min(Math.max((this.x(sent[i]) - this.left) / 2 | 0, 0), columns - 1);
      ++all[column];
      if (fate[i] !== 0) ++failed[column];
    }
    const peak = all.reduce((a, b) => Math.max(a, b), 1);
    for (const [counts, color] of [[all, colors["entries"]], [failed, colors["fault"]]]) {
      ctx.fillStyle = color;
      counts.forEach((n, column) => {
        const h = n / peak * (bottom - top);
        if (n > 0) ctx.fillRect(this.left + column * 2, bottom - h, 1.5, h);
      });
    }
  }

  paintFaults(ctx) {
    const {run, colors, filter} = this.app;
    const [good, bad] = [colors["good"], colors["fault"]];
    for (let pass = 0; filter.faults && pass < 2; ++pass) {
      for (const fault of run.faults) {
        const isGood = kGoodNews.has(faultKind(fault.text));
        if (isGood !== (pass === 0) || !filter.showsNode(fault.node)) continue;
        ctx.fillStyle = isGood ? good : bad;
        const x = this.x(fault.at);
        ctx.beginPath();
        ctx.moveTo(x - 3.5, 2);
        ctx.lineTo(x + 3.5, 2);
        ctx.lineTo(x, 9);
        ctx.fill();
      }
    }
    if (run.failedAt === null) return;
    ctx.fillStyle = bad;
    ctx.fillRect(this.x(run.failedAt) - 1, 0, 2.5, this.canvas.clientHeight);
  }
}
