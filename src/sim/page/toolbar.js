// The buttons, the search, the way to a time, and the filters.

"use strict";

function attachToolbar(app) {
  const onClick = (id, act) => byId(id).addEventListener("click", act);
  onClick("zoom-in", () => app.zoom(1 / 1.6));
  onClick("zoom-out", () => app.zoom(1.6));
  onClick("zoom-fit", () => app.fit());
  onClick("fault-previous", () => app.goToFault(-1));
  onClick("fault-next", () => app.goToFault(1));
  onClick("violation", () => app.goToViolation());
  onClick("help-open", () => byId("help").showModal());
  onClick("details-close", () => app.select(null));
  onClick("details-previous", () => app.step(-1));
  onClick("details-next", () => app.step(1));
  onClick("details-center", () => app.selected && app.reveal(app.selected, true));
  byId("violation").hidden = app.run.failedAt === null;

  const time = byId("go-to");
  time.addEventListener("change", () => {
    const wanted = parseTime(time.value, 1e6);
    time.setCustomValidity(Number.isNaN(wanted) ? "a time, as 12.345 s or 12345 ms" : "");
    if (!time.reportValidity()) return;
    app.setCursor(wanted);
    app.axis.center(wanted, Math.min(app.axis.span, 1e6));
    app.viewChanged();
  });

  const search = byId("search");
  let wait = 0;
  search.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => app.search.start(search.value), 120);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") app.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      search.value = "";
      app.search.start("");
      byId("stage").focus();
    } else return;
    event.preventDefault();
  });
  onClick("search-previous", () => app.step(-1));
  onClick("search-next", () => app.step(1));
  makeFilters(app);
}

function showSearch(app) {
  const {search} = app;
  const count = byId("search-count");
  count.textContent = !search.isActive ? ""
      : `${formatNumber(search.hits.length)} found${search.isDone ? "" : " …"}`;
  for (const id of ["search-previous", "search-next"]) byId(id).disabled = search.hits.length === 0;
}

// A box for each kind of message, fate, node, client and mark.
function makeFilters(app) {
  const {run, filter} = app;
  const counts = new Uint32Array(run.kinds.length);
  const fates = new Uint32Array(kFates.length);
  for (let i = 0; i < run.messages.count; ++i) {
    ++counts[run.messages.kind[i]];
    ++fates[run.messages.fate[i]];
  }
  const kinds = run.kinds.map((_, i) => i).sort((a, b) => run.kinds[a].family - run.kinds[b].family);
  const box = (label, isOn, onChange, attributes = {}, count = null) => {
    const input = element("input", {type: "checkbox", ...attributes});
    input.checked = isOn;
    input.addEventListener("change", () => {
      onChange(input.checked);
      app.filterChanged();
    });
    const parts = [input, ...label];
    if (count !== null) parts.push(element("span", {class: "count"}, formatNumber(count)));
    return element("label", {}, ...parts);
  };
  const fill = (id, array, items, label, count) => {
    byId(id).append(...items.map((i) => box(label(i), array[i] > 0, (on) => { array[i] = on ? 1 : 0; },
        {"data-filter": `${id} ${i}`}, count?.[i] ?? null)));
    byId(id).hidden = items.length === 0;
  };
  const swatch = (color) => element("span", {class: "swatch", style: `background: var(--${color})`});
  fill("filter-kinds", filter.kinds, kinds,
      (i) => [swatch(kFamilies[run.kinds[i].family].name), run.kinds[i].name], counts);
  const metFates = kFates.map((_, i) => i).filter((i) => fates[i] > 0);
  fill("filter-fates", filter.fates, metFates, (i) => [kFates[i]], fates);
  fill("filter-nodes", filter.nodes, run.nodes.map((_, i) => i), (i) => [run.nodes[i].name]);
  fill("filter-clients", filter.clients, run.clients.map((_, i) => i), (i) => [run.clients[i].name],
      run.clients.map((client) => client.operations.length));
  const mark = (name, label, count) =>
    box([label], true, (on) => { filter[name] = on; }, {"data-filter": name}, count);
  byId("filter-marks").append(mark("faults", "faults", run.faults.length),
      mark("traces", "what nodes say", run.traces.length));
  for (const button of document.querySelectorAll("[data-all]")) {
    button.addEventListener("click", () => {
      const boxes = [...button.closest("fieldset").querySelectorAll("input")];
      const on = boxes.some((input) => !input.checked);
      for (const input of boxes) {
        if (input.checked === on) continue;
        input.checked = on;
        input.dispatchEvent(new Event("change"));
      }
    });
  }
  byId("legend-families").append(...kFamilies.filter((_, f) => run.kinds.some((kind) => kind.family === f))
      .map(({name, label}) => element("li", {}, swatch(name), label)));
  showFilter(app);
}

function showFilter(app) {
  const {filter, run} = app;
  const {count} = run.messages;
  const off = document.querySelectorAll("#filters input:not(:checked)").length;
  byId("filters-summary").textContent = off > 0 ? `Filter (${off} off)` : "Filter";
  byId("filter-passing").textContent =
      `${formatNumber(filter.passing)} of ${formatNumber(count)} messages shown`;
}

// The run itself: title, verdict, how to repeat it, and what the record lacks.
function showHead(app) {
  const {run} = app;
  byId("title").textContent = run.title;
  const [first, ...rest] = run.verdict.split("\n");
  byId("verdict").textContent = first;
  byId("verdict").className = run.failed ? "verdict failed" : "verdict";
  byId("verdict").hidden = !first;
  byId("report").hidden = rest.length === 0;
  byId("report-text").textContent = rest.join("\n");
  byId("command").textContent = run.command;
  byId("repeat").hidden = !run.command;
  byId("hash").textContent = run.hash;
  byId("hash-fact").hidden = !run.hash;
  byId("copy").addEventListener("click", () => copyText(run.command));
  const notes = missing(run);
  byId("gaps").textContent = notes.join(" ");
  byId("gaps").hidden = notes.length === 0;
  const operations = run.clients.reduce((sum, client) => sum + client.operations.length, 0);
  byId("facts").textContent = [`${run.nodes.length} nodes`, lasting(run.end),
      `${formatNumber(run.gaps.messages_seen)} messages`,
      ...(operations ? [`${formatNumber(operations)} operations of ${run.clients.length} clients`] : []),
      `${formatNumber(run.faults.length)} faults`].join(" · ");
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // not allowed from a file
    const range = document.createRange();
    range.selectNodeContents(byId("command"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  announce("copied");
}

function missing(run) {
  const {gaps} = run;
  const notes = [];
  const from = (time) => time < 0 ? "not recorded" : `recorded from ${at(time)} on`;
  if (gaps.messages !== 0) notes.push(`Messages are ${from(gaps.messages)}.`);
  if (gaps.heartbeats !== gaps.messages) notes.push(`Heartbeats are ${from(gaps.heartbeats)}.`);
  if (gaps.states !== 0) notes.push(`Nodes' states are ${from(gaps.states)}.`);
  if (gaps.resolution > 0) notes.push(`Log indexes are exact to ${lasting(gaps.resolution)}.`);
  if (gaps.operations !== 0) notes.push(`Operations are ${from(gaps.operations)}.`);
  if (gaps.faults !== 0) notes.push(`Faults are ${from(gaps.faults)}.`);
  if (gaps.traces !== 0) notes.push(`What nodes say is ${from(gaps.traces)}.`);
  if (notes.length > 0) notes.unshift("There was too much to keep all of it.");
  return notes;
}
