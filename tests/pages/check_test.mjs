// The page of `holdfast check --html`, in a headless Chromium.

import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {after, before, test} from "node:test";

import {Browser} from "./chromium.mjs";

const kHoldfast = process.env.HOLDFAST;
let browser;
let folder;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "holdfast-page-"));
  browser = await Browser.start();
});
after(async () => {
  await browser.stop();
  rmSync(folder, {recursive: true, force: true});
});

// The page of a history, open.
async function openPage(operations, options = {}) {
  const input = path.join(folder, "history.jsonl");
  const html = path.join(folder, "page.html");
  writeFileSync(input, operations.map((o) => JSON.stringify(o) + "\n").join(""));
  const {status, stderr} = spawnSync(kHoldfast, ["check", input, "--html", html], {encoding: "utf8"});
  assert.ok(status <= 2, stderr);
  const page = await browser.open(html, options);
  await page.until("!app.isDue");
  return page;
}

// What must hold of every page at its end.
async function close(page) {
  assert.deepEqual(page.errors, []);
  assert.equal(page.requests.filter((url) => !url.startsWith("data:")).length, 1, "it loads itself and nothing else");
  await page.close();
}

const kStale = [
  {client: 1, op: "put", key: "good", value: "</script><b>", call: 0, return: 5000},
  {client: 1, op: "append", key: "k", value: "a", output: 1, call: 10000, return: 20000},
  {client: 2, op: "append", key: "k", value: "b", output: 2, call: 21000, return: 30000},
  {client: 1, op: "append", key: "k", value: "c", call: 31000, return: null},
  {client: 3, op: "get", key: "k", output: "a", call: 40000, return: 50000},
  {client: 3, op: "get", key: "k", output: "abc", call: 60000, return: 70000},
];

test("A failing history shows its failing part first, and the operation that fails", async () => {
  const page = await openPage(kStale);
  assert.equal(await page.text("#verdict"), "not linearizable");
  assert.equal(await page.text("#part option:checked"), '✗ key "k" (5)');
  assert.equal(await page.value("app.selected === app.part.failed && app.selected.text"), 'get "k" -> "a"');
  assert.match(await page.text("#panel"), /No order explains the answer of/);
  assert.equal(await page.value("app.order.operations.map((o) => o.text).join()"),
      'append "k" "a" -> 1,append "k" "b" -> 2');
  await close(page);
});

test("A click on an operation shows its details and its longest order", async () => {
  const page = await openPage(kStale);
  await page.clickOn("#zoom-fit");
  const place = await page.value(`(() => {
    const box = app.canvas.getBoundingClientRect();
    const operation = app.part.operations[1];
    return {x: box.x + app.axis.x(operation.call + 4500), y: box.y + rowMiddle(app, operation)};
  })()`);
  await page.click(place.x, place.y);
  assert.equal(await page.value("app.selected.text"), 'append "k" "b" -> 2');
  assert.match(await page.text("#panel"), /then"ab"/);
  await page.move(place.x, place.y + 1);
  assert.equal(await page.value("byId('tip').hidden"), false);
  assert.match(await page.text("#tip"), /client 2 · took 9\.000 µs · 2 in the order; then "ab"/);
  await page.key("p");
  assert.equal(await page.value("app.selected.text"), 'append "k" "a" -> 1');
  await close(page);
});

test("Another part can be chosen, and its values are text, whatever they are", async () => {
  const page = await openPage(kStale);
  await page.value("byId('part').value = 0, byId('part').dispatchEvent(new Event('change'))");
  await page.settle();
  assert.equal(await page.value("app.part.verdict"), "linearizable");
  assert.equal(await page.value("byId('failure').disabled"), true);
  await page.key("n");
  assert.match(await page.text("#panel"), /put "good" "<\/script><b>"/);
  await close(page);
});

test("The wheel zooms around the pointer, a drag moves, 0 shows all", async () => {
  const page = await openPage(kStale);
  await page.key("0");
  const before = await page.value("({span: app.axis.span, time: app.axis.time(500)})");
  const stage = await page.value("(({x, y}) => ({x, y}))(app.canvas.getBoundingClientRect())");
  await page.wheel(stage.x + 500, stage.y + 200, -300);
  const zoomed = await page.value("({span: app.axis.span, time: app.axis.time(500), from: app.axis.from})");
  assert.ok(zoomed.span < before.span * 0.6);
  assert.ok(Math.abs(zoomed.time - before.time) < before.span / 100);
  await page.drag(stage.x + 500, stage.y + 200, stage.x + 400, stage.y + 200);
  assert.ok(await page.value("app.axis.from") > zoomed.from);
  await page.key("0");
  assert.equal(await page.value("app.axis.span"), before.span);
  await close(page);
});

test("A linearizable history of ten thousand operations is drawn with an order through all", async () => {
  const operations = [];
  for (let i = 0; i < 10000; ++i) {
    const client = i % 20;
    operations.push({client, op: "append", key: `k${i % 3}`, value: `${i};`, call: i * 1000, return: i * 1000 + 18000});
  }
  for (const scheme of ["light", "dark"]) {
    const page = await openPage(operations, {scheme});
    assert.equal(await page.text("#verdict"), "linearizable");
    assert.equal(await page.value("app.history.parts.reduce((sum, part) => sum + part.orders[0].operations.length, 0)"), 10000);
    assert.equal(await page.value("app.order.points.every((p, i, all) => i === 0 || p >= all[i - 1])"), true);
    const drawn = await page.value(`(() => {
      const {width, height} = app.canvas;
      const pixels = app.canvas.getContext("2d").getImageData(0, 0, width, height).data;
      return new Set(new Uint32Array(pixels.buffer)).size;
    })()`);
    assert.ok(drawn > 20, `${drawn} colours`);
    await close(page);
  }
});

test("An empty history has a page, too", async () => {
  const page = await openPage([]);
  assert.equal(await page.text("#verdict"), "linearizable");
  await close(page);
});
