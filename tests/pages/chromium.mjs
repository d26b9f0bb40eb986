// A headless Chromium that a test drives over a pipe, with real mouse and key events.

import {spawn} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";

const kFlags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
  "--remote-debugging-pipe"];

const kChromium = process.env.CHROMIUM ?? "chromium";

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.folder = mkdtempSync(path.join(tmpdir(), "holdfast-chromium-"));
    browser.child = spawn(kChromium, [...kFlags, `--user-data-dir=${browser.folder}`, "about:blank"],
        {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
    browser.ended = new Promise((resolve) => browser.child.on("exit", resolve));
    browser.calls = new Map();
    browser.last = 0;
    browser.listeners = [];
    let rest = "";
    browser.child.stdio[4].setEncoding("utf8").on("data", (text) => {
      const parts = (rest + text).split("\0");
      rest = parts.pop();
      for (const part of parts) browser.receive(JSON.parse(part));
    });
    return browser;
  }

  receive(message) {
    const call = this.calls.get(message.id);
    if (!call) return this.listeners.forEach((listener) => listener(message));
    this.calls.delete(message.id);
    if (message.error) call.reject(new Error(`${call.method}: ${message.error.message}`));
    else call.resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    this.child.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
    return new Promise((resolve, reject) => this.calls.set(id, {resolve, reject, method}));
  }

  // Opens a file in a window of its own. `scheme` is "light" or "dark".
  async open(file, {width = 1400, height = 900, scheme = "light", hash = ""} = {}) {
    const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
    const {sessionId} = await this.send("Target.attachToTarget", {targetId, flatten: true});
    const page = new Page(this, sessionId, targetId);
    await page.send("Page.enable");
    await page.send("Runtime.enable");
    await page.send("Network.enable");
    await page.send("Emulation.setDeviceMetricsOverride",
        {width, height, deviceScaleFactor: 1, mobile: false});
    await page.send("Emulation.setEmulatedMedia",
        {features: [{name: "prefers-color-scheme", value: scheme}]});
    const loaded = page.event("Page.loadEventFired");
    await page.send("Page.navigate", {url: pathToFileURL(file).href + hash});
    await loaded;
    await page.settle();
    return page;
  }

  async stop() {
    this.send("Browser.close").catch(() => {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await this.ended;
    clearTimeout(timer);
    rmSync(this.folder, {recursive: true, force: true, maxRetries: 5});
  }
}

function whatWasThrown({exception, text}) { return exception?.description ?? text; }

export class Page {
  constructor(browser, session, target) {
    this.browser = browser;
    this.session = session;
    this.target = target;
    this.errors = [];
    this.requests = [];
    browser.listeners.push((message) => {
      if (message.sessionId !== session) return;
      this.note(message.method, message.params);
    });
  }

  note(method, params) {
    if (method === "Runtime.exceptionThrown") this.errors.push(whatWasThrown(params.exceptionDetails));
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    if (method !== "Runtime.consoleAPICalled" || params.type !== "error") return;
    this.errors.push(params.args.map((arg) => arg.value).join(" "));
  }

  send(method, params) { return this.browser.send(method, params, this.session); }

  event(name) {
    return new Promise((resolve) => {
      this.browser.listeners.push((message) => {
        if (message.sessionId === this.session && message.method === name) resolve(message.params);
      });
    });
  }

  // The value of an expression in the page; a promise's when it is there.
  async value(expression) {
    const {result, exceptionDetails} = await this.send("Runtime.evaluate",
        {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) throw new Error(whatWasThrown(exceptionDetails));
    return result.value;
  }

  // Until the page has drawn what it has to draw.
  settle() {
    return this.value(`new Promise((done) => {
      requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
    })`);
  }

  async until(expression) {
    for (let i = 0; i < 500; ++i) {
      if (await this.value(expression)) return;
      await this.settle();
    }
    throw new Error(`it did not come true: ${expression}`);
  }

  text(selector) {
    return this.value(`document.querySelector(${JSON.stringify(selector)}).textContent`);
  }

  async mouse(type, x, y, more = {}) {
    await this.send("Input.dispatchMouseEvent", {type, x, y, button: "none", ...more});
  }
  async move(x, y) {
    await this.mouse("mouseMoved", x, y);
    await this.settle();
  }
  async click(x, y, more = {}) {
    await this.mouse("mouseMoved", x, y);
    await this.mouse("mousePressed", x, y, {button: "left", clickCount: 1, ...more});
    await this.mouse("mouseReleased", x, y, {button: "left", clickCount: 1, ...more});
    await this.settle();
  }
  async drag(x1, y1, x2, y2, more = {}) {
    await this.mouse("mouseMoved", x1, y1);
    await this.mouse("mousePressed", x1, y1, {button: "left", clickCount: 1, ...more});
    for (const share of [0.25, 0.5, 0.75, 1]) {
      await this.mouse("mouseMoved", x1 + (x2 - x1) * share, y1 + (y2 - y1) * share,
          {button: "left", buttons: 1, ...more});
    }
    await this.mouse("mouseReleased", x2, y2, {button: "left", clickCount: 1, ...more});
    await this.settle();
  }
  async wheel(x, y, deltaY, more = {}) {
    await this.mouse("mouseWheel", x, y, {deltaX: 0, deltaY, ...more});
    await this.settle();
  }
  // One that is not a letter needs its code's number.
  async key(key, {modifiers = 0, windowsVirtualKeyCode = 0} = {}) {
    const text = key.length === 1 ? key : undefined;
    const event = {key, modifiers, windowsVirtualKeyCode};
    await this.send("Input.dispatchKeyEvent", {...event, type: text ? "keyDown" : "rawKeyDown", text});
    await this.send("Input.dispatchKeyEvent", {...event, type: "keyUp"});
    await this.settle();
  }
  async clickOn(selector) {
    const {x, y} = await this.value(`(() => {
      const box = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return {x: box.x + box.width / 2, y: box.y + box.height / 2};
    })()`);
    await this.click(x, y);
  }
  async type(text) {
    await this.send("Input.insertText", {text});
    await this.settle();
  }

  close() { return this.browser.send("Target.closeTarget", {targetId: this.target}); }

  async screenshot(file) {
    const {data} = await this.send("Page.captureScreenshot", {format: "png"});
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
