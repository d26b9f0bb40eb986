// The timeline of a real run in a real browser. Needs MAKE_TIMELINE, the program that writes one.

import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {after, afterEach, before, beforeEach, test} from "node:test";

import {Browser} from "./chromium.mjs";

let folder;
let file;
let browser;
let page;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "holdfast-pages-"));
  file = path.join(folder, "timeline.html");
  execFileSync(process.env.MAKE_TIMELINE, [file]);
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
  rmSync(folder, {recursive: true, force: true});
});

beforeEach(async () => { page = await browser.open(file); });
afterEach(() => page.close());

const view = () => page.value("({from: app.axis.from, to: app.axis.to, span: app.axis.span})");
// Where the plot's upper left corner is, and where a time is on the page.
const plot = () => page.value(`(() => {
  const {x, y} = byId("plot").getBoundingClientRect();
  return {x, y};
})()`);
const xOf = async (time) => (await plot()).x + await page.value(`app.axis.x(${time})`);
const count = (condition) => page.value(`(() => {
  const m = app.run.messages;
  let n = 0;
  for (let i = 0; i < m.count; ++i) if (${condition}) ++n;
  return n;
})()`);

async function show(from, to) {
  await page.value(`app.axis.show(${from}, ${to}); app.viewChanged()`);
  await page.settle();
}

test("Opened_LoadsNothingAndBreaksNothing", async () => {
  assert.deepEqual(page.errors, []);
  assert.equal(page.requests.length, 1);
  assert.equal(await page.value("document.title"), "A cluster & its <faults>");
  assert.equal(await page.text("#title"), "A cluster & its <faults>");
  assert.equal(await page.text("#verdict"), "election safety: two leaders in one term");
  assert.equal(await page.text("#command"), "holdfast sim --seed 1");
});

test("Lanes_OneForEachNodeAndClient", async () => {
  assert.equal(await page.value("app.layout.nodes.length"), 5);
  const clients = await page.value("app.layout.clients.length");
  assert.equal(clients, await page.value("app.run.clients.length"));
  assert.ok(clients > 2);
  assert.equal(await page.value(`document.querySelectorAll("#moment-nodes tr").length`), 5);
  // The leader's band has the leader's colour, and nobody else has it then.
  const colors = await page.value(`(() => {
    const time = app.run.nodes.flatMap((n) => n.phases).find((p) => p.role === "leader").at + 2000;
    app.axis.center(time, 2000);
    app.viewChanged();
    app.draw();
    const [ctx, x] = [app.canvas.getContext("2d"), app.axis.x(time) + 7];
    return app.layout.nodes.map(({node, band}) => ({
      leads: phaseAt(app.run.nodes[node], time).role === "leader",
      color: [...ctx.getImageData(x, band + 2, 1, 1).data].join(),
    }));
  })()`);
  const leaders = colors.filter((lane) => lane.leads);
  assert.equal(leaders.length, 1);
  assert.equal(colors.filter((lane) => lane.color === leaders[0].color).length, 1);
});

test("Wheel_ZoomsAroundThePointer", async () => {
  const {x, y} = await plot();
  const before = await view();
  const time = await page.value("app.axis.time(600)");
  await page.wheel(x + 600, y + 200, -300);
  const after = await view();
  assert.ok(after.span < before.span * 0.7);
  assert.ok(Math.abs(await page.value("app.axis.time(600)") - time) < 1);
  await page.wheel(x + 600, y + 200, 300);
  assert.ok((await view()).span > after.span * 1.5);
});

test("ButtonsAndKeys_ZoomPanAndFit", async () => {
  const whole = await view();
  await page.clickOn("#zoom-in");
  assert.ok((await view()).span < whole.span);
  await page.key("+");
  await page.key("+");
  const near = await view();
  await page.key("ArrowRight", {windowsVirtualKeyCode: 39});
  assert.ok((await view()).from > near.from);
  assert.equal(Math.round((await view()).span), Math.round(near.span));
  await page.key("-");
  assert.ok((await view()).span > near.span);
  await page.key("0");
  assert.deepEqual(await view(), whole);
});

test("Drag_Pans_WithShiftZoomsToTheRange", async () => {
  await show(2e6, 4e6);
  const {x, y} = await plot();
  await page.drag(x + 700, y + 300, x + 500, y + 300);
  const panned = await view();
  assert.ok(panned.from > 2.2e6 && Math.abs(panned.span - 2e6) < 10);
  const [from, to] = [await page.value("app.axis.time(400)"), await page.value("app.axis.time(500)")];
  await page.drag(x + 400, y + 300, x + 500, y + 300, {modifiers: 8});
  assert.ok(Math.abs((await view()).from - from) < 5 && Math.abs((await view()).to - to) < 5);
});

test("Overview_DraggingItsWindowPans", async () => {
  await show(2e6, 3e6);
  const {x, y, from, to} = await page.value(`(() => {
    const box = app.overview.canvas.getBoundingClientRect();
    return {x: box.x, y: box.y + 30, from: app.overview.x(2.5e6), to: app.overview.x(6.5e6)};
  })()`);
  await page.drag(x + from, y, x + to, y);
  const now = await view();
  assert.ok(Math.abs(now.from - 6e6) < 5e4, `${now.from}`);
});

test("ZoomedOut_BarsInsteadOfArrows_ZoomedIn_EveryMessageIsAnArrow", async () => {
  assert.ok(await page.value("app.bars.length") > 0);
  assert.ok(await page.value("app.arrows.length") < 1000);
  await show(3e6, 3.03e6);
  assert.equal(await page.value("app.bars.length"), 0);
  assert.equal(await page.value("app.arrows.length"),
      await count("m.sent[i] < app.axis.to && m.sent[i] + m.took[i] >= app.axis.from"));
  assert.ok(await page.value("app.arrows.length") > 5);
});

test("ClickOnAnArrow_ShowsAllItsFields", async () => {
  const index = await page.value(`(() => {
    const m = app.run.messages;
    const kind = app.run.kinds.findIndex((k) => k.name === "AppendEntries");
    for (let i = 500; i < m.count; ++i) if (m.kind[i] === kind && m.fate[i] === 0) return i;
  })()`);
  const sent = await page.value(`app.run.messages.sent[${index}]`);
  const took = await page.value(`app.run.messages.took[${index}]`);
  await show(sent - took, sent + 2 * took);
  const line = await page.value(`arrowLine(app, ${index})`);
  const {x, y} = await plot();
  await page.click(x + (line.x1 + line.x2) / 2, y + (line.y1 + line.y2) / 2);
  const shown = await page.value("app.selected.index");
  const fields = await page.value(`fieldsOf(app.run, ${shown})
      .map(([name, value]) => [name.replaceAll("_", " "), formatField(name, value)])`);
  const text = await page.value(`[...document.querySelectorAll("#details-fields dt")]
      .map((dt) => [dt.textContent, dt.nextSibling.textContent])`);
  assert.deepEqual(text, fields);
  assert.deepEqual(fields.map(([name]) => name),
      ["term", "prev index", "prev term", "commit", "entries", "bytes"]);
  assert.match(await page.text("#details-heading"), /^AppendEntries n\d → n\d$/);
  assert.match(await page.text("#details-rows"), /sent.*arrived.*on the way/);
  await page.key("Escape", {windowsVirtualKeyCode: 27});
  assert.equal(await page.value("app.selected"), null);
});

test("FilterOfAKind_ItsMessagesAreGone", async () => {
  const kind = await page.value(`app.run.kinds.findIndex((k) => k.name === "Heartbeat")`);
  const heartbeats = await count(`m.kind[i] === ${kind}`);
  const all = await page.value("app.filter.passing");
  assert.ok(heartbeats > 100);
  await page.clickOn("#filters-summary");
  await page.clickOn(`[data-filter="filter-kinds ${kind}"]`);
  assert.equal(await page.value("app.filter.passing"), all - heartbeats);
  await page.clickOn("#filters-summary");
  await show(3e6, 3.5e6);
  assert.equal(await page.value(`app.arrows.filter((i) => app.run.messages.kind[i] === ${kind}).length`), 0);
});

test("FilterOfANode_ItsLaneAndMessagesAreGone", async () => {
  const concerned = await count("m.from[i] === 2 || m.to[i] === 2");
  await page.clickOn("#filters-summary");
  await page.clickOn(`[data-filter="filter-nodes 2"]`);
  assert.deepEqual(await page.value("app.layout.nodes.map((lane) => lane.node)"), [0, 1, 3, 4]);
  const all = await page.value("app.run.messages.count");
  assert.equal(await page.value("app.filter.passing"), all - concerned);
});

test("Search_FindsAndStepsThroughAllMatches", async () => {
  const lost = await count("m.fate[i] === 1 && m.to[i] === 1");
  assert.ok(lost > 1);
  await page.key("/");
  await page.type("->n2 lost");
  await page.until("app.search.isActive && app.search.isDone");
  assert.equal(await page.value("app.search.hits.length"), lost);
  assert.match(await page.text("#search-count"), new RegExp(`^${lost} found`));
  await page.value("app.setCursor(0)");
  await page.key("Enter", {windowsVirtualKeyCode: 13});
  const first = await page.value("app.selected.index");
  await page.key("Enter", {windowsVirtualKeyCode: 13});
  const second = await page.value("app.selected.index");
  const hits = await page.value("app.search.hits.slice(0, 2).map((hit) => hit.item.index)");
  assert.deepEqual([first, second], hits);
  assert.match(await page.text("#details-rows"), /lost by the network/);
});

test("Stepping_VisitsEverythingOnce", async () => {
  await page.value("app.select(null); app.setCursor(3e6)");
  const seen = [];
  for (let i = 0; i < 30; ++i) {
    await page.key(".");
    seen.push(await page.value("[timeOf(app.run, app.selected), JSON.stringify(app.selected)]"));
  }
  assert.equal(new Set(seen.map(([, item]) => item)).size, 30);
  assert.deepEqual(seen.map(([time]) => time), seen.map(([time]) => time).sort((a, b) => a - b));
  const expected = await page.value(`(() => {
    const inside = (time) => time > 3e6 && time <= ${seen.at(-1)[0]};
    return app.run.messages.sent.filter(inside).length + app.run.faults.filter((f) => inside(f.at)).length +
        app.run.traces.filter((t) => inside(t.at)).length +
        app.run.clients.reduce((sum, client) => sum + client.called.filter(inside).length, 0);
  })()`);
  assert.ok(expected >= 30 && expected < 40, `${expected}`);
  await page.key(",");
  assert.equal(await page.value("JSON.stringify(app.selected)"), seen.at(-2)[1]);
});

test("FaultKeys_GoFromFaultToFault_AndToTheViolation", async () => {
  const later = await page.value("app.run.faults.filter((f) => f.at > 3000000).map((f) => f.at)");
  await page.value("app.setCursor(3000000)");
  await page.key("]");
  assert.equal(await page.value("app.cursor"), later[0]);
  assert.equal(await page.text("#details-heading"), "partition (n1 n2 | n3 n4 n5)");
  await page.key("]");
  assert.equal(await page.value("app.cursor"), later[1]);
  assert.equal(await page.text("#details-heading"), "partition: over");
  await page.key("[");
  assert.equal(await page.value("app.cursor"), later[0]);
  await page.key("v");
  assert.equal(await page.value("app.cursor"), await page.value("app.run.failedAt"));
  const {from, to} = await view();
  assert.ok(from < await page.value("app.cursor") && to > await page.value("app.cursor"));
  assert.equal(await page.text("#details-heading"), "Violation");
});

test("Partition_IsInTheRingAndUnderTheBands", async () => {
  const time = await page.value(`app.run.faults.find((f) => f.text.startsWith("partition (")).at + 100000`);
  assert.equal(await page.value(`document.querySelectorAll("#ring line[stroke-dasharray]").length`), 0);
  await page.value(`app.axis.center(${time}, 1e6); app.viewChanged(); app.setCursor(${time})`);
  await page.settle();
  assert.equal(await page.value(`document.querySelectorAll("#ring line[stroke-dasharray]").length`), 6);
});

test("TimeInTheAddress_TheTableHasTheStatesOfThatMoment", async () => {
  await page.close();
  page = await browser.open(file, {hash: "#t=3456.789"});
  assert.match((await page.text("#moment-time")).replaceAll("\u2009", ""), /^3\.456789 s$/);
  const expected = await page.value(`app.run.nodes.map((node) => {
    let i = 0;
    while (i + 1 < node.at.length && node.at[i + 1] <= 3456789) ++i;
    return [node.name, node.last[i], node.commit[i], node.applied[i]];
  })`);
  const rows = await page.value(`[...document.querySelectorAll("#moment-nodes tr")].map((row) => {
    const cells = [...row.children].map((cell) => cell.textContent.replaceAll("\\u2009", ""));
    return [cells[0], ...cells.slice(-3).map(Number)];
  })`);
  assert.deepEqual(rows, expected);
});

test("PointerOverTheLanes_TheTableFollows_AndFallsBackToTheCursor", async () => {
  const atCursor = await page.text("#moment-time");
  await page.move(await xOf(2e6), (await plot()).y + 150);
  assert.equal(await page.text("#moment-whose"), "pointer");
  assert.notEqual(await page.text("#moment-time"), atCursor);
  await page.move(5, 5);
  assert.equal(await page.text("#moment-time"), atCursor);
});

test("Operations_UnknownIsOpenEnded_OddTextIsShownAsItIs", async () => {
  const unknown = await page.value(`(() => {
    const isIt = ({command}) => command === 'append "a1" "x"';
    const client = app.run.clients.findIndex(({operations}) => operations.some(isIt));
    const index = app.run.clients[client].operations.findIndex(isIt);
    app.select({type: "operation", client, index});
    return app.run.clients[client].until[index];
  })()`);
  assert.equal(unknown, await page.value("app.run.end"));
  assert.match(await page.text("#details-rows"), /outcome.*unknown: it may take effect at any time/);
  await page.value(`app.search.start("script")`);
  await page.until("app.search.isDone");
  await page.value("app.setCursor(0); app.step(1)");
  assert.equal(await page.text("#details-heading"),
      `put "</script><script>document.title='broken'</script>" "&"`);
});

test("GoToATime_AcceptsSecondsAndMilliseconds", async () => {
  for (const [text, expected] of [["2.5", 2.5e6], ["1234.5 ms", 1234500], ["3 s", 3e6]]) {
    await page.value(`byId("go-to").value = ""; byId("go-to").focus()`);
    await page.type(text);
    await page.key("Enter", {windowsVirtualKeyCode: 13});
    await page.value("byId('stage').focus()");
    assert.equal(await page.value("app.cursor"), expected, text);
  }
});

test("GapsInTheRecord_AreSaid", async () => {
  assert.equal(await page.value(`byId("gaps").hidden`), true);
  const notes = await page.value(`missing({gaps: {
    ...app.run.gaps, messages: 2000000, heartbeats: 5000000, resolution: 4000,
  }})`);
  assert.deepEqual(notes.map((note) => note.replaceAll("\u2009", "")), [
    "There was too much to keep all of it.", "Messages are recorded from 2.000000 s on.",
    "Heartbeats are recorded from 5.000000 s on.", "Log indexes are exact to 4 ms."]);
});

test("RunInWhichNothingHappened_OpensAllTheSame", async () => {
  const columns = (...names) => Object.fromEntries(names.map((name) => [name, []]));
  const empty = JSON.stringify({
    title: "empty", command: "", verdict: "", hash: "", failed: false, failed_at: null, end: 0,
    gaps: {messages: 0, heartbeats: 0, states: 0, resolution: 0, operations: 0, faults: 0, traces: 0,
           messages_seen: 0},
    kinds: [], messages: columns("sent", "took", "shape", "shapes", "values"), nodes: [],
    statuses: [], links: columns("at", "from", "to", "cut"),
    operations: columns("client", "node", "called", "took", "command", "outcome"),
    faults: columns("at", "node", "text"), traces: columns("at", "node", "text"), texts: [],
  });
  const other = path.join(folder, "empty.html");
  const begin = `<script type="application/json" id="run">`;
  const [before, after] = readFileSync(file, "utf8").split(begin);
  writeFileSync(other, before + begin + empty + after.slice(after.indexOf("</script>")));
  await page.close();
  page = await browser.open(other);
  for (const key of ["+", ".", ",", "]", "[", "v", "0", "c"]) await page.key(key);
  assert.deepEqual(page.errors, []);
  assert.equal(await page.text("#title"), "empty");
});

test("DarkScheme_HasItsOwnColours", async () => {
  const dark = await browser.open(file, {scheme: "dark"});
  const background = (p) => p.value("getComputedStyle(document.body).backgroundColor");
  assert.equal(await background(page), "rgb(255, 255, 255)");
  assert.equal(await background(dark), "rgb(18, 22, 28)");
  assert.equal(await dark.value("app.colors.bg"), "#12161c");
});
