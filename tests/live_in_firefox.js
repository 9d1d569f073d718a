// Started by tests/live_in_firefox:  node tests/live_in_firefox.js BROWSER FOLDER PAGE.html ...
// Drives Firefox over its Marionette port: every live figure is drawn, each control answers the keyboard, nothing is wider than the page, and
// neither the page nor its Worker reports an error. (Contrast, widths and paper are looked at in Chromium: tests/live_in_browser.js.)
// FOLDER: for the browser's own files. One line of verdict for each page.
"use strict";
const { spawn } = require("child_process");
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("fs");
const { connect } = require("net");
const { basename, resolve } = require("path");
const [browser, folder, ...pages] = process.argv.slice(2);

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/user.js`, 'user_pref("marionette.port", 0); user_pref("ui.prefersReducedMotion", 1); user_pref("devtools.console.stdout.content", true); user_pref("devtools.console.stdout.chrome", false);\n');
const child = spawn(browser, ["--headless", "--marionette", "-remote-allow-system-access", "--no-remote", "--profile", folder], { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, HOME: folder } });
const printed = [];  // what pages gave to console.error; the browser's own parts begin with their name
child.stdout.on("data", (bytes) => printed.push(...String(bytes).split("\n").filter((line) => /^console\.error: (?!\w+: )/.test(line))));

const waiting = new Map();
let socket, id = 0, rest = Buffer.alloc(0);
// Each message is its length, a colon, and JSON: [0, id, command, parameters] there, [1, id, error, result] back.
function receive(bytes) {
  rest = Buffer.concat([rest, bytes]);
  for (;;) {
    const colon = rest.indexOf(":"), end = colon + 1 + Number(rest.subarray(0, colon));
    if (colon < 0 || rest.length < end) return;
    const message = JSON.parse(rest.subarray(colon + 1, end));
    rest = rest.subarray(end);
    if (!Array.isArray(message)) continue;  // the greeting
    const [, which, error, result] = message;
    const { done, failed } = waiting.get(which);
    waiting.delete(which);
    if (error) failed(new Error(error.message));
    else done(result && "value" in result ? result.value : result);
  }
}
const send = (command, parameters = {}) => new Promise((done, failed) => {
  waiting.set(++id, { done, failed });
  const text = JSON.stringify([0, id, command, parameters]);
  socket.write(`${Buffer.byteLength(text)}:${text}`);
});
async function begin() {
  let port;
  for (let i = 0; i < 600 && !port; ++i, await sleep(100)) try { port = Number(readFileSync(`${folder}/MarionetteActivePort`, "utf8")); } catch { /* not yet */ }
  if (!port) throw new Error("Firefox does not open its port");
  socket = connect(port, "127.0.0.1");
  socket.on("data", receive);
  await send("WebDriver:NewSession", { capabilities: {} });
}
const evaluate = (code) => send("WebDriver:ExecuteScript", { script: `return (${code});`, args: [] });
const until = async (code, what) => {
  for (let i = 0; i < 300; ++i, await sleep(100)) if (await evaluate(code)) return;
  throw new Error(`never came: ${what}`);
};
const keys = { End: "\uE010", Home: "\uE011", ArrowRight: "\uE014", ArrowDown: "\uE015" };
const press = (key) => send("WebDriver:PerformActions", { actions: [{ type: "key", id: "keys", actions: [{ type: "keyDown", value: keys[key] }, { type: "keyUp", value: keys[key] }] }] });
const settled = async () => { for (let seen = "", now; (now = await evaluate("document.querySelector('.live').textContent")) !== seen; seen = now) await sleep(150); };

// What pages have said that is an error, since the last call. Of a formula half of which has come Firefox says that it is wrong: so
// formulas are looked at when all is there.
async function errors() {
  await send("Marionette:SetContext", { value: "chrome" });
  const said = await evaluate(`(() => {
    const all = Services.console.getMessageArray().filter((m) => m instanceof Ci.nsIScriptError && /^(file|blob):/.test(m.sourceName)
      && !(m.flags & Ci.nsIScriptError.warningFlag) && m.category !== "Layout: MathML").map((m) => m.errorMessage + ", line " + m.lineNumber);
    Services.console.reset();
    return all;
  })()`);
  await send("Marionette:SetContext", { value: "content" });
  return [...said, ...printed.splice(0)];
}

async function page(file) {
  const found = [], url = `file://${resolve(file)}`;
  if (!readFileSync(file, "utf8").includes("put_in_page(figure, ")) return { found, told: "no figure" };
  await send("WebDriver:SetWindowRect", { width: 768, height: 900 });
  await send("WebDriver:Navigate", { url });
  await until("Boolean(document.querySelector('.live svg') && document.querySelector('.live fieldset button'))", "the figure");
  await settled();
  let drawn = 0;
  const controls = await evaluate("[...document.querySelectorAll('.live select, .live input:not([type=hidden])')].map((e) => e.name)");
  for (const control of controls) {
    const element = `document.querySelector('.live [name=${control}]')`, values = new Set(), pictures = new Set();
    for (const key of (await evaluate(`${element}.localName`)) === "select" ? ["End", "Home", "ArrowDown"] : ["End", "Home", "ArrowRight"]) {
      await send("WebDriver:ExecuteScript", { script: `${element}.focus();`, args: [] });
      await press(key);
      await settled();
      values.add(await evaluate(`${element}.value`));
      pictures.add(await evaluate("document.querySelector('.live .drawing').innerHTML + document.querySelector('.live [role=status]').textContent"));
    }
    if (values.size < 2) found.push(`${control} does not answer the keyboard`);
    if (pictures.size > 1) ++drawn;
    if (!(await evaluate("document.querySelector('.live [role=status]').textContent"))) found.push(`${control}: nothing is said`);
  }
  if (2 * drawn <= controls.length) found.push(`another picture by ${drawn} of ${controls.length} controls`);  // some are for other settings
  const [wide, room] = await evaluate("[document.documentElement.scrollWidth, innerWidth]");
  if (wide > room) found.push(`the page is ${wide} pixels wide, of ${room}`);
  if (await evaluate("[...document.querySelectorAll('mfrac, msub, msup, mover, munder, mroot')].some((e) => e.children.length !== 2)")) found.push("a formula without one of two parts");
  for (const error of await errors()) found.push(`the console: ${error}`);
  return { found, told: `${controls.length} controls answer, ${drawn} draw another picture` };
}

(async () => {
  let passed = 0, failed = 0;
  await begin();
  for (const file of pages) {
    const { found, told } = await page(file).catch((error) => ({ found: [error.message] }));
    if (found.length) ++failed, console.log(`FAILED  ${file}\n${found.map((what) => `        ${what}`).join("\n")}`);
    else ++passed, console.log(`ok      ${file}: ${told}`);
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  child.on("exit", () => process.exit(failed ? 1 : 0));
  await send("Marionette:Quit", { flags: ["eForceQuit"] });
})().catch((error) => {
  console.log(`FAILED  Firefox: ${error.message}\n0 passed, 1 failed, 0 skipped`);
  child.kill();
  process.exit(1);
});
