// Started by tests/live_in_browser:  node tests/live_in_browser.js BROWSER FOLDER PAGE.html ...
// Drives a browser through its pipe: the pages' widths, and every live figure on three widths, light and dark, with the keyboard, and without JavaScript.
// FOLDER: for the browser's own files and the screenshots. One line of verdict for each page, with its size, and until it is first drawn and
// drawn again the time, which is told, and the work in it, which is judged: another program on the machine makes only the time longer.
"use strict";
const { spawn } = require("child_process");
const { existsSync, readFileSync, statSync, writeFileSync } = require("fs");
const { basename, resolve } = require("path");
const [browser, folder, ...pages] = process.argv.slice(2);

const child = spawn(browser, ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-pipe",
  `--user-data-dir=${folder}/profile`, ...(process.getuid() ? [] : ["--no-sandbox"])], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map(), events = [];
let id = 0, session, rest = "";
child.stdio[4].on("data", (bytes) => {
  const messages = (rest + bytes).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (waiting.has(message.id)) waiting.get(message.id)(message), waiting.delete(message.id);
    else events.push(message);
  }
});
const send = (method, params = {}) => new Promise((done, failed) => {
  waiting.set(++id, (answer) => (answer.error ? failed(new Error(`${method}: ${answer.error.message}`)) : done(answer.result)));
  child.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + "\0");
});
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const evaluate = async (code) => {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression: code, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
  return result.value;
};
const until = async (code, what) => {
  for (let i = 0; i < 300; ++i, await sleep(100)) if (await evaluate(code)) return;
  throw new Error(`never came: ${what}`);
};
async function press(key) {
  const text = key === "Enter" ? "\r" : undefined, codes = { Enter: 13, End: 35, Home: 36, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };
  for (const type of ["keyDown", "keyUp"]) await send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: codes[key], text: type === "keyDown" ? text : undefined });
}

// In the page: what is cut off, has too little contrast, or has no name.
function look() {
  const found = [], live = document.querySelector(".live"), svg = live.querySelector("svg"), dim = (e) => e.closest("[opacity]");
  const note = (what, e) => found.push(`${what}: ${(e.textContent || e.localName).trim().slice(0, 40)}`);
  if (document.documentElement.scrollWidth > innerWidth) {
    const free = (e) => !e.parentElement.closest("pre, table, math");
    const widest = [...document.querySelectorAll("main *")].filter(free).reduce((a, b) => (b.getBoundingClientRect().right > a.getBoundingClientRect().right ? b : a));
    found.push(`the page is ${document.documentElement.scrollWidth} pixels wide; to the right is <${widest.localName}> ${widest.textContent.trim().slice(0, 60)}`);
  }
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [dark, bright] = [light(a), light(b)].sort((p, q) => p - q); return (bright + 0.05) / (dark + 0.05); };
  const paper = getComputedStyle(document.body).backgroundColor, frame = live.getBoundingClientRect(), drawing = svg.getBoundingClientRect();
  for (const e of svg.querySelectorAll("text")) {
    const box = e.getBoundingClientRect(), under = e.parentElement.localName === "g" ? e.parentElement.querySelector("rect") : null;
    if (box.left < drawing.left - 1 || box.right > drawing.right + 1 || box.bottom > drawing.bottom + 1) note("cut off in the drawing", e);
    const opaque = under && !["none", "transparent"].includes(getComputedStyle(under).fill);
    if (!dim(e) && contrast(getComputedStyle(e).fill, opaque ? getComputedStyle(under).fill : paper) < 4.5) note("too little contrast", e);
  }
  for (const e of live.querySelectorAll("p, label, b, legend, button, td, th, pre, select")) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const box = e.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1) note("cut off", e);
    let behind = e;
    while (behind && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    if (contrast(getComputedStyle(e).color, getComputedStyle(behind || document.body).backgroundColor) < 4.5) note("too little contrast", e);
  }
  for (const e of live.querySelectorAll("select, input:not([type=hidden])")) if (!e.labels.length || !e.labels[0].textContent.trim()) note("no label", e);
  if (!live.querySelector(".drawing").getAttribute("aria-label")) found.push("the drawing has no words");
  if (!live.querySelector("[role=status]").textContent) found.push("nothing is said");
  return found;
}

// In the page: when the figure was first there, in milliseconds, and how long it takes to draw again after a step of a slider.
const watch = `new MutationObserver((_, observer) => { if (document.querySelector(".live svg")) window.first_drawing = performance.now(), observer.disconnect(); })
  .observe(document, { childList: true, subtree: true })`;
async function redraw(name, value) {
  const drawing = document.querySelector(".live .drawing"), slider = document.querySelector(`.live [name=${name}]`);
  if (slider.value === value) return null;
  const drawn = new Promise((done) => new MutationObserver((_, observer) => { observer.disconnect(); done(); }).observe(drawing, { childList: true }));
  const begin = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn;
  return performance.now() - begin;
}
const sliders = "[...document.querySelectorAll('.live input[type=range]')].flatMap((e) => [e.max, e.min, e.defaultValue].map((value) => [e.name, value]))";
// Milliseconds for which the page's thread has had a core: what a machine that does something else beside this cannot make longer.
const worked = async () => 1000 * (await send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
const middle = (times) => times.sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)];

const ready = "Boolean(document.querySelector('.live svg') && document.querySelector('.live fieldset button'))";
const still = "new Promise((done) => { const seen = document.querySelector('.live').textContent; setTimeout(() => done(seen === document.querySelector('.live').textContent), 150); })";

// Links of the open page that lead nowhere. What this test does not build is as good as there if it can be built: pages of sources, decks.
async function lost_links() {
  const can_be_built = (path) => {
    const [, folder, name, kind] = path.match(/\/build\/(book|slides)\/(\w+?)(_files)?\.html$/) || [];
    return folder === "slides" ? existsSync(`slides/${name}.md`) : Boolean(kind) && ["chapters", "common"].some((home) => existsSync(`${home}/${name}`));
  };
  const lost = (link) => {
    const { pathname, hash } = new URL(link), path = decodeURIComponent(pathname), place = decodeURIComponent(hash.slice(1));
    if (!existsSync(path)) return !can_be_built(path);
    return place && !/_files\.html$/.test(path) && !readFileSync(path, "utf8").includes(`id="${place}"`);
  };
  return (await evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href).filter((link) => link.startsWith('file:'))")).filter(lost).map((link) => `a link to nothing: ${link}`);
}

// A page of the book without a figure: nothing stands to the right of it.
async function plain_page(url) {
  const found = [];
  for (const width of [390, 768, 1280]) {
    await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
    await send("Page.navigate", { url });
    await until(`location.href === "${url}" && document.readyState === "complete"`, "the page");
    const wide = await evaluate("document.documentElement.scrollWidth");
    if (wide > width) found.push(`${width}: the page is ${wide} pixels wide`);
  }
  return { found: [...found, ...await lost_links()], told: "no figure" };
}

async function page(file) {
  const found = [], url = `file://${resolve(file)}`, name = basename(file, ".html");
  events.length = 0;
  await send("Emulation.setScriptExecutionDisabled", { value: false });
  if (!readFileSync(file, "utf8").includes("put_in_page(figure, ")) return plain_page(url);
  const open = async () => {
    await send("Page.navigate", { url });
    await until(ready, "the figure");
    const work = await worked();
    await until(still, "its first state");
    return work;
  };
  for (const dark of [false, true])
    for (const width of [390, 768, 1280]) {
      await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }, { name: "prefers-reduced-motion", value: "reduce" }] });
      await open();
      for (const what of await evaluate(`(${look})()`)) found.push(`${width}, ${dark ? "dark" : "light"}: ${what}`);
      const { x, y, w, h } = await evaluate("(() => { const r = document.querySelector('.live').getBoundingClientRect(); return { x: r.x + scrollX, y: r.y + scrollY, w: r.width, h: r.height }; })()");
      const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true, clip: { x, y, width: w, height: h, scale: 1 } });
      writeFileSync(`${folder}/${name}_${width}_${dark ? "dark" : "light"}.png`, Buffer.from(data, "base64"));
    }

  // Every control with the keyboard, where there is least room: something changes, nothing is refused, and what is said and drawn agree on being there.
  await send("Emulation.setDeviceMetricsOverride", { width: 390, height: 900, deviceScaleFactor: 1, mobile: false });
  await until(still, "the narrow page");
  const controls = await evaluate("[...document.querySelectorAll('.live select, .live input:not([type=hidden])')].map((e) => e.name)");
  for (const control of controls) {
    const value = `document.querySelector('.live [name=${control}]').value`, values = new Set();
    for (const key of (await evaluate(`document.querySelector('.live [name=${control}]').localName`)) === "select" ? ["End", "Home", "ArrowDown"] : ["End", "Home", "ArrowRight"]) {
      await evaluate(`document.querySelector('.live [name=${control}]').focus()`);
      await press(key);
      await until(still, `an end of ${control}, ${key}`);
      const wide = await evaluate(`(${look})()`);
      for (const what of wide) found.push(`${control}, ${key}: ${what}`);
      values.add(await evaluate(value));
      if (!(await evaluate("document.querySelector('.live [role=status]').textContent === document.querySelector('.live .drawing').getAttribute('aria-label')"))) found.push(`${control}, ${key}: ${await evaluate("document.querySelector('.live [role=status]').textContent")}`);
    }
    if (values.size < 2) found.push(`${control}: the keyboard changes nothing`);
  }
  const first_work = await open(), first = await evaluate("window.first_drawing"), times = [], work = [];
  if (!(first_work < 500)) found.push(`the page's thread works for ${first_work.toFixed(0)} ms until the figure is there, more than 500`);
  for (const [name, value] of await evaluate(sliders)) {
    const begin = await worked(), time = await evaluate(`(${redraw})("${name}", "${value}")`);
    if (time !== null) times.push(time), work.push(await worked() - begin);
  }
  if (!(middle(work) < 50)) found.push(`the page's thread works for ${middle(work).toFixed(0)} ms to draw again, more than 50`);
  found.push(...await lost_links());
  const kilobytes = Math.ceil(statSync(file).size / 1024), most = name === "01_serial" ? 3072 : 600; // one has images to learn from
  if (kilobytes > most) found.push(`the page has ${kilobytes} KB, more than ${most}`);
  const told = `${kilobytes} KB; first drawn after ${first.toFixed(0)} ms, ${first_work.toFixed(0)} of them work; again within ${middle(times).toFixed(0)} ms, ${middle(work).toFixed(0)} of them work`;
  await open();
  const before = await evaluate("document.querySelector('.live svg').outerHTML");
  await evaluate("document.querySelector('.live button').focus()");
  await press("Enter");
  await until("document.querySelector('.live fieldset [role=status]').textContent !== ''", "an answer");
  await until(still, "the answer's state");
  if ((await evaluate("document.querySelectorAll('.live button.right').length")) !== 1) found.push("no button is the right one");
  if ((await evaluate("document.querySelector('.live svg').outerHTML")) === before) found.push("the answer shows nothing");
  await send("Emulation.setEmulatedMedia", { media: "print" });
  if (!(await evaluate("getComputedStyle(document.querySelector('.live')).display === 'none' && document.getElementById('live-picture').getBoundingClientRect().width > 200"))) found.push("printed, there is no picture");
  await send("Emulation.setEmulatedMedia", { media: "" });

  await send("Emulation.setScriptExecutionDisabled", { value: true });
  await send("Page.navigate", { url });
  let wide = 0;
  for (let i = 0; i < 100 && wide < 200; ++i, await sleep(100))
    try { // the page is on its way
      const { root } = await send("DOM.getDocument"), { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector: "#live-picture" });
      wide = (await send("DOM.getBoxModel", { nodeId })).model.width;
    } catch { }
  if (wide < 200) found.push("without JavaScript there is no picture");

  for (const { method, params } of events) {
    if (method === "Runtime.exceptionThrown") found.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" || method === "Log.entryAdded") found.push(`console: ${params.entry?.text || JSON.stringify(params.args)}`);
    if (method === "Network.requestWillBeSent" && /^https?:/.test(params.request.url)) found.push(`wants the network: ${params.request.url}`);
  }
  return { found: [...new Set(found)], told };
}

(async () => {
  let failed = 0;
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Runtime", "Log", "Network", "DOM"]) await send(`${domain}.enable`);
  await send("Performance.enable", { timeDomain: "threadTicks" });
  await send("Page.addScriptToEvaluateOnNewDocument", { source: watch });
  for (const file of pages) {
    const { found, told } = await page(file).catch((error) => ({ found: [error.stack], told: "" }));
    console.log(found.length ? `FAILED  ${file}\n${found.map((what) => `    | ${what}`).join("\n")}` : `ok      ${file}: ${told}`);
    failed += found.length > 0;
  }
  console.log(`${pages.length - failed} passed, ${failed} failed, 0 skipped`);
  session = undefined;
  await send("Browser.close").catch(() => {});
  process.exit(failed ? 1 : 0);
})();
