// The part of live.js that stands in a page of the book, in a page that is no browser's: node tests/live_page.js. What the reader would see is printed.
"use strict";
const { readFileSync } = require("fs"), { gzipSync } = require("zlib");

// As much of a document as live.js asks for.
class Element {
  constructor(localName, all = {}) { Object.assign(this, { localName, all, inside: [], parentNode: null, clientWidth: 500.7, html: "" }); }
  get children() { return this.inside.filter((e) => e instanceof Element); }
  get below() { return this.children.flatMap((e) => [e, ...e.below]); }
  append(e) { if (e instanceof Element) e.parentNode = this; this.inside.push(e); }
  after(e) { e.parentNode = this.parentNode, this.parentNode.inside.splice(this.parentNode.inside.indexOf(this) + 1, 0, e); }
  set innerHTML(html) {
    let open = this;
    this.html = html, this.inside = [];
    for (const [, end, name, all, text] of html.matchAll(/<(\/?)(\w+)((?:\s+[\w-]+(?:="[^"]*")?)*)>|([^<]+)/g)) {
      if (text) open.append(text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)));
      else if (end) open = open.parentNode;
      else {
        const e = new Element(name, Object.fromEntries([...all.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, key, value]) => [key, value ?? ""])));
        open.append(e);
        if (name !== "input") open = e;
      }
    }
  }
  get innerHTML() { return this.html; }
  get textContent() { return this.inside.map((e) => e.textContent ?? e).join(""); }
  set textContent(text) { this.inside = [String(text)]; }
  get className() { return this.all.class ?? ""; }
  set className(name) { this.all.class = name; }
  get classList() { return { add: (name) => (this.className = `${this.className} ${name}`.trim()) }; }
  get dataset() { return { set: this.all["data-set"] }; }
  get previousElementSibling() { return this.parentNode.children[this.parentNode.children.indexOf(this) - 1]; }
  get elements() { return Object.fromEntries(this.below.filter((e) => e.all.name).map((e) => [e.all.name, e])); }
  setAttribute(name, value) { this.all[name] = value; }
  is(what) {
    const [, name, kind, key, value] = what.match(/^(\w*)(?:\.([\w-]+))?(?:\[([\w-]+)(?:=([\w-]+))?\])?$/);
    return (!name || name === this.localName) && (!kind || this.className.split(" ").includes(kind)) && (!key || (key in this.all && (!value || this.all[key] === value)));
  }
  querySelectorAll(what) {
    const [last, ...outer] = what.split(" ").reverse();
    return this.below.filter((e) => e.is(last) && outer.every((o) => e.parentNode.closest(o)));
  }
  querySelector(what) { return this.querySelectorAll(what)[0]; }
  closest(what) { return this.is(what) ? this : this.parentNode?.closest(what) ?? null; }
  // Of a select: its choice. Of a slider: never beyond its ends.
  get value() { return this.chosen ?? (this.localName === "select" ? this.children.find((e) => "selected" in e.all).textContent : this.all.value); }
  set value(value) { this.chosen = String(this.all.type === "range" ? Math.min(this.all.max, Math.max(this.all.min, value)) : value); }
  set max(most) { this.all.max = most, this.value = this.value; }
}
const body = new Element("body"), observers = [];
global.document = { getElementById: (id) => body.querySelector(`[id=${id}]`), createElement: (name) => new Element(name) };
global.ResizeObserver = class { constructor(call) { this.call = call; } observe(of) { observers.push([of, this.call]); } };
global.requestAnimationFrame = (call) => call();
// A thread is a function here.
URL.createObjectURL = (blob) => blob;
global.Worker = class {
  constructor(blob) { this.ready = blob.text().then((code) => new Function("postMessage", `let onmessage; ${code.replace('"use strict";', "")} return onmessage;`)((data) => this.onmessage({ data }))); }
  async postMessage(data) { (await this.ready)({ data: structuredClone(data) }); }
};

const idle = () => new Promise(setImmediate);
const calls = [];
async function page(figure, load, ...all) {
  body.innerHTML = '<p><img id="live-picture"></img></p><p>below</p>';
  observers.length = 0;
  const put = new Function("figure", "fake", `${readFileSync("common/live/live.js")} load = fake; return [put_in_page, shape];`)(figure, load);
  page.shape = put[1];
  await put[0](figure, ...all);
  return body.querySelector("section");
}

const figure = {
  name: "of a test",
  controls: [{ name: "kind", label: "Kind", choices: ["a", "b", "c"], first: "b" },
             { name: "steps", label: "Steps", from: 1, to: 10, first: 4, step: 0.5, show: (value, out) => `${value} of ${out.most}`, last: (out) => out.most },
             { name: "plain", label: "Plain", from: 0, to: 2, first: 1 }, { name: "hidden", first: 7 }],
  draw: (out, set, width) => `<g data-set="kind a"><text>${set.kind} ${set.steps} ${width}</text></g><g data-set="kind ${set.kind}"></g><text></text>`,
  says: (out, set) => `${out.kind} & ${set.steps}`,
  table: (out, set) => ({ rows: [["<x>", "y"], [out.kind, set.steps], [5, 6]], marked: 1 }),
  command: (set, out) => `make ${out.kind}  ARGS="<${set.steps}>"`,
  question: { ask: (now) => `most < ${now.most}?`, change: { kind: "a" }, answers: (now, then) => ({ texts: ["10", "3 < 10", "5"], right: 1, because: `From ${now.most} to ${then.most}.` }) },
};
const compute = async () => async (set) => {
  calls.push(Object.entries(set).map(([name, value]) => `${name} ${typeof value === "number" ? value : `'${value}'`}`).join(", "));
  await idle();
  if (set.kind === "c") throw new Error("no c here");
  return { kind: set.kind, most: set.kind === "a" ? 3 : 10 };
};

(async () => {
  const place = await page(figure, compute, "AAAA"), find = (what) => place.querySelector(what), form = find("form"), drawing = find(".drawing"), fields = form.elements;
  const tell = async (when) => {
    for (let i = 0; i < 10; ++i) await idle();
    console.log(`${when}: ${calls.splice(0).join("; ")}`);
    console.log(`  ${drawing.textContent} | ${find("p").textContent}${find("p").textContent === drawing.all["aria-label"] ? "" : ` | ${drawing.all["aria-label"]}`} | ` +
      `${place.querySelectorAll("b").map((b) => b.textContent).join(", ")} | ${Object.values(fields).map((f) => f.value).join(", ")}`);
  };
  console.log(`${body.children.map((e) => e.localName + (e.className ? `.${e.className}` : "")).join(" ")}; ${place.all["aria-label"]}; picture ${body.querySelector("img").className}`);
  console.log(place.querySelectorAll("input").map((e) => ["type", "name", "min", "max", "step"].map((key) => e.all[key] ?? "-").join(" ")).join("; "));
  console.log(`${place.querySelectorAll("label").map((e) => e.textContent).join(" | ")}; ${observers.length} observer of the drawing: ${observers[0][0] === drawing}`);
  console.log(page.shape("a", { b: '"1" & <2>', c: 2 / 3 }, "<i></i>"));
  await tell("before it has a size");
  observers[0][1]();
  await tell("drawn");
  console.log(`  ${place.querySelectorAll("tr").map((row) => (row.className ? `${row.className} ` : "") + row.children.map((cell) => `${cell.localName} ${cell.textContent}`).join(", ")).join("; ")}`);
  console.log(`  ${place.querySelectorAll("pre span").map((e) => e.textContent).join("|")} of ${find("pre").textContent}`);

  fields.steps.value = 5, form.oninput();
  fields.steps.value = 5.5, form.oninput();
  fields.steps.value = 6, form.oninput();
  await tell("three changes, two drawings");
  fields.kind.value = "a", form.oninput();
  await tell("an end that moves");
  fields.kind.value = "c", form.oninput();
  await tell("refused");
  drawing.clientWidth = 0, fields.kind.value = "b", form.oninput();
  await tell("on paper");
  drawing.clientWidth = 320.9, form.oninput();
  await tell("narrow");
  const [, [first, same, nothing]] = [0, [...drawing.querySelectorAll("g"), drawing.children[2]]], point = (at) => drawing.onpointerover({ target: at });
  point(same), point(nothing);
  await tell("nothing to change");
  point(first.children[0]);
  await tell("pointed at");
  drawing.onpointerleave();
  await tell("and left");
  drawing.onpointerleave();
  await tell("left once more");
  point(drawing.querySelector("g"));
  await tell("pointed at again");
  drawing.onclick({ target: drawing.children[2] }), drawing.onpointerleave();
  await tell("clicked beside it");
  point(drawing.querySelector("g"));
  await tell("pointed at again");
  drawing.onclick({ target: drawing.querySelector("g") }), drawing.onpointerleave();
  await tell("clicked");
  fields.kind.value = "b", form.oninput();
  await tell("back");
  const buttons = place.querySelectorAll("fieldset button"), verdict = () => `${buttons.map((b) => `${b.textContent}${b.className ? ` ${b.className}` : ""}`).join(", ")}; ${find("fieldset [role=status]").textContent}`;
  console.log(`${find("legend").textContent}. ${find("fieldset p").textContent} ${verdict()}`);
  buttons[2].onclick();
  await tell("answered");
  console.log(verdict());
  buttons[1].onclick();
  await tell("again");
  console.log(`${verdict()}; sends nothing: ${form.onsubmit() === false}`);

  // It has data, so it computes in a thread; it goes on until it has done three rounds, which each of the two that compute has for itself.
  let attached = null;
  const thread = { name: "that goes on", controls: [{ name: "n", label: "N", from: 0, to: 9, first: 2 }], draw: (out) => `<text>${out.data} ${out.done}</text>`, says: (out) => `${out.done} of ${out.n}`,
    goes_on: (out) => out.done < 3, attach: (drawing, change) => (attached = change),
    question: { ask: (now) => `${now.done}`, change: { n: 5 }, answers: (now, then) => ({ texts: [`${then.done}`], right: 0, because: `${now.n} ${then.n}` }) } };
  const in_thread = async function load(bytes, data) { // the thread takes its text
    let done = 0;
    return async (set) => {
      if (set.n === 9) throw new Error(`no ${set.n}`);
      return { done: ++done, n: set.n, data: `${bytes.length} ${String.fromCharCode(...data)}` };
    };
  };
  const other = await page(thread, in_thread, "AAEC", gzipSync("some data").toString("base64")), look = async (when) => {
    for (let i = 0; i < 100; ++i) await idle();
    console.log(`${when}: ${other.querySelector(".drawing").textContent} | ${other.querySelector("p").textContent} | ${other.querySelector("fieldset p").textContent}, ${other.querySelector("button").textContent}` +
      ` | ${other.querySelectorAll("tr").length} rows${other.querySelector("pre").textContent}`);
  };
  observers[0][1]();
  await look("in a thread");
  await attached({ n: 9 });
  await look("refused there");
  await attached({ n: 4 });
  await look("and on");
})();
