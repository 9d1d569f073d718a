"use strict";
// Runs a figure's WebAssembly and shows it in a page of the book. JavaScript knows nothing of the subject: settings go in as words,
// what comes back is drawn. A figure (chapters/NN_topic/live.js) is an object with
//   name, controls, draw(out, set, width), says(out, set), and if it has them table(out, set), command(set), question.

// Bytes of WebAssembly, and of data for it -> a function: settings -> what live.cpp has returned. It throws what the C++ threw.
async function load(bytes, data) {
  const module = await WebAssembly.compile(bytes);
  const wasi_snapshot_preview1 = new Proxy({}, { get: () => () => 52 }); // not there, says WASI
  let instance = null;
  const put = (bytes, at) => new Uint8Array(instance.exports.memory.buffer).set(bytes, at); // another buffer whenever memory has grown
  const text_at = (at) => {
    const memory = new Uint8Array(instance.exports.memory.buffer);
    return new TextDecoder().decode(memory.subarray(at, memory.indexOf(0, at)));
  };
  const live = { refuse: (at) => { throw new Error(text_at(at)); } };
  return async (set) => {
    try {
      if (!instance) {
        instance = await WebAssembly.instantiate(module, { live, wasi_snapshot_preview1 });
        instance.exports._initialize();
        if (data) put(data, instance.exports.data_room(data.length));
      }
      const lines = new TextEncoder().encode(Object.entries(set).map(([name, value]) => `${name} ${value}\n`).join(""));
      put(lines, instance.exports.room(lines.length));
      return JSON.parse(text_at(instance.exports.call()));
    } catch (error) {
      instance = null; // it will never end what it was doing
      throw error;
    }
  };
}

// The same in a thread of its own, so that the page answers while it computes.
function load_aside(bytes, data) {
  const code = `"use strict"; ${load}; let run; onmessage = async ({ data: [set, ...all] }) => {
    try { run ??= await load(...all); postMessage([await run(set)]); } catch (error) { postMessage([null, error.message]); } };`;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  let first = [bytes, data], last = Promise.resolve();
  const call = (set) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data: [out, error] }) => (out ? resolve(out) : reject(new Error(error)));
    worker.postMessage([set, ...first]);
    first = [];
  });
  return (set) => (last = last.catch(() => {}).then(() => call(set)));
}

// Asks again until it has all: a figure that computes for long says so in goes_on(out, set).
async function settle(run, figure, set) {
  let out = await run(set);
  while (figure.goes_on?.(out, set)) out = await run(set);
  return out;
}

// --- Drawing: text of SVG. Colours are those of slides/theme/colours.css, so that a dark page has a dark picture. ---
const plain = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const shape = (name, all, inside = "") =>
  `<${name}${Object.entries(all).map(([key, value]) => ` ${key}="${typeof value === "number" ? +value.toFixed(3) : plain(value)}"`).join("")}>${inside}</${name}>`;
const box = (x, y, width, height, more, title) => shape("rect", { x, y, width, height, ...more }, title ? shape("title", {}, plain(title)) : "");
const line = (x1, y1, x2, y2, more) => shape("line", { x1, y1, x2, y2, stroke: "var(--ink)", ...more });
const words = (x, y, text, more) => shape("text", { x, y, fill: "var(--ink)", ...more }, plain(text));
const right = { "text-anchor": "end" }, centre = { "text-anchor": "middle" };
const svg = (width, height, inside) =>
  shape("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "Helvetica, Arial, sans-serif", "font-size": 14 }, inside);
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
const first_settings = (figure) => Object.fromEntries(figure.controls.map((c) => [c.name, c.first]));

// --- In the page: in the place of the picture, which stays for printing and where this does not run. ---
const input_of = (c) => c.choices
  ? `<select name="${c.name}">${c.choices.map((name) => `<option${name === c.first ? " selected" : ""}>${name}</option>`).join("")}</select>`
  : c.from === undefined ? `<input type="hidden" name="${c.name}" value="${c.first}">`
  : `<input type="range" name="${c.name}" min="${c.from}" max="${c.to}" step="${c.step || 1}" value="${c.first}">`;

async function put_in_page(figure, base64, zipped) {
  const picture = document.getElementById("live-picture");
  const bytes_of = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = zipped && new Uint8Array(await new Response(new Blob([bytes_of(zipped)]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const start = () => (data ? load_aside : load)(bytes_of(base64), data);
  const run = await start();
  const place = document.createElement("section");
  place.className = "live";
  place.setAttribute("aria-label", `live figure: ${figure.name}`);
  place.innerHTML = `<div class="drawing" role="img"></div><p role="status"></p><fieldset></fieldset>
    <form>${figure.controls.map((c) => c.label ? `<label>${c.label} <b></b>${input_of(c)}</label>` : input_of(c)).join("")}</form><table></table><pre></pre>`;
  picture.parentNode.after(place);
  picture.classList.add("is-live");
  const find = (what) => place.querySelector(what), form = find("form"), drawing = find(".drawing"), fields = form.elements;

  let busy = false, again = false;
  async function redraw() {
    again = busy;
    if (busy) return;
    busy = true;
    do {
      again = false;
      const set = Object.fromEntries(figure.controls.map((c) => [c.name, c.from === undefined ? fields[c.name].value : Number(fields[c.name].value)]));
      try {
        const out = await run(set);
        if (!drawing.clientWidth) break; // on paper the picture stands instead
        for (const c of figure.controls.filter((c) => c.from !== undefined)) {
          if (c.last) fields[c.name].max = c.last(out, set); // the browser brings the value below it
          set[c.name] = Number(fields[c.name].value);
          fields[c.name].previousElementSibling.textContent = c.show ? c.show(set[c.name], out) : set[c.name];
        }
        drawing.innerHTML = figure.draw(out, set, Math.floor(drawing.clientWidth));
        drawing.setAttribute("aria-label", figure.says(out, set));
        find("p").textContent = figure.says(out, set);
        const { rows, marked } = figure.table ? figure.table(out, set) : { rows: [] };
        find("table").innerHTML = rows.map((row, i) => `<tr${i === marked ? ' class="marked"' : ""}>${row.map((cell) => shape(i ? "td" : "th", {}, plain(cell))).join("")}</tr>`).join("");
        find("pre").innerHTML = plain(figure.command ? figure.command(set, out) : "").replace(/\S+/g, "<span>$&</span>"); // no line ends within a word
        again ||= Boolean(figure.goes_on?.(out, set));
      } catch (error) {
        find("p").textContent = error.message;
      }
    } while (again);
    busy = false;
  }
  const change = (set) => { for (const name in set) fields[name].value = set[name]; return redraw(); };
  Object.assign(form, { oninput: redraw, onsubmit: () => false });
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(drawing);

  // data-set="name value" in a shape: what the pointer sets while it is over it, and a click for good.
  let before = null;
  const pointed = (event) => event.target.closest("[data-set]")?.dataset.set.split(" ");
  drawing.onpointerover = (event) => {
    const [name, value] = pointed(event) || [];
    if (!name || fields[name].value === value) return;
    before ??= { [name]: fields[name].value };
    change({ [name]: value });
  };
  drawing.onclick = (event) => { if (pointed(event)) before = null; };
  drawing.onpointerleave = () => { if (before) change(before); before = null; };
  figure.attach?.(drawing, change);

  // Predict, then see.
  const { ask, change: changed, answers } = figure.question, first = first_settings(figure), form_of_question = find("fieldset");
  const other = await start(); // so that what is on show goes on
  const now = await settle(other, figure, first), { texts, right: which, because } = answers(now, await settle(other, figure, { ...first, ...changed }));
  form_of_question.innerHTML = `<legend>Before you move anything</legend><p>${plain(ask(now))}</p>${texts.map((text) => `<button type="button">${plain(text)}</button>`).join(" ")}<p role="status"></p>`;
  form_of_question.querySelectorAll("button").forEach((button, i) => button.onclick = async () => {
    form_of_question.querySelectorAll("button").forEach((b, k) => b.className = k === which ? "right" : k === i ? "wrong" : "");
    form_of_question.querySelector("[role=status]").textContent = `${i === which ? "Yes" : `No, ${texts[which]}`}. ${because}`;
    await change({ ...first, ...changed });
  });
}
