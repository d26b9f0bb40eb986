// The keyboard, while the focus is not in a field.

"use strict";

const kKeys = {
  "ArrowLeft": (app, event) => app.pan(event.shiftKey ? -0.8 : -0.15),
  "ArrowRight": (app, event) => app.pan(event.shiftKey ? 0.8 : 0.15),
  "ArrowUp": (app) => app.scrollBy(-60),
  "ArrowDown": (app) => app.scrollBy(60),
  "+": (app) => app.zoom(1 / 1.6),
  "=": (app) => app.zoom(1 / 1.6),
  "-": (app) => app.zoom(1.6),
  "0": (app) => app.fit(),
  "Home": (app) => app.goTo(app.axis.min),
  "End": (app) => app.goTo(app.axis.max),
  "[": (app) => app.goToFault(-1),
  "]": (app) => app.goToFault(1),
  "v": (app) => app.goToViolation(),
  ",": (app) => app.step(-1),
  ".": (app) => app.step(1),
  "c": (app) => app.reveal(app.selected ?? null, true),
  "/": () => byId("search").focus(),
  "f": () => { byId("filters").open = !byId("filters").open; },
  "g": () => byId("go-to").focus(),
  "?": () => byId("help").showModal(),
  "Escape": (app) => app.escape(),
};

function attachKeys(app) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
    const act = kKeys[event.key];
    if (!act || (event.key.startsWith("Arrow") && event.target.closest("#panel, #filters"))) return;
    event.preventDefault();
    act(app, event);
  });
}
