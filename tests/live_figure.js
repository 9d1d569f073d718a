// A figure without a page:
//   node tests/live_figure.js NN_topic svg        its first state as a file of SVG
//   node tests/live_figure.js NN_topic <LINES     for each line `name value; name value ...`: what C++ has returned, a number or word in
//                                                a line `place=value`, then says=..., table.ROW.COLUMN=..., marked=ROW, command=... and svg=..., or
//                                                error=...; and how many instances there have been; then an empty line
//   node tests/live_figure.js NN_topic about      what stands around the drawing: each control's values, its question with both answers, and
//                                                wrong.N=... for each state and width in which something is not as it should be
//   node tests/live_figure.js NN_topic events <LINES  for each line `NAME X Y BUTTONS POINTER PLACE`, an event of the drawing, whose part of class
//                                                PLACE is 280 wide, begins at (10, 20) and alone hears: a line with what the figure sets, or none;
//                                                `input NAME` is one of a control
"use strict";
const { existsSync, readFileSync } = require("fs");
const [name, what] = process.argv.slice(2);
const figure_of = new Function(`${readFileSync("common/live/live.js")} ${readFileSync(`chapters/${name}/live.js`)}; return { figure, load, settle, first_settings };`);
const { figure, load, settle, first_settings } = figure_of();
const width = 760;

const leaves = (value, place) => value !== null && typeof value === "object"
  ? Object.keys(value).flatMap((key) => leaves(value[key], place ? `${place}.${key}` : key)) : [`${place}=${value}`];

// A file has no style sheet: its colours are the light ones.
function file_of(drawn) {
  const colours = readFileSync("slides/theme/colours.css", "utf8").split("}")[0];
  const light = drawn.replace(/var\((--\w+)\)/g, (_, colour) => colours.match(`${colour}: (#\\w+)`)[1]);
  return light.replace(/(<svg[^>]*>)/, '$1\n<rect width="100%" height="100%" fill="#ffffff"/>\n').replace(/(<\/(rect|line|text|g|path|circle)>)(?=<[^/])/g, "$1\n") + "\n";
}

// What a control can be set to: every choice, or both ends and what lies between.
const values_of = (c) => c.choices || (c.from === undefined ? [c.first] : [...new Set([c.from, c.first, Math.round((c.from + c.to) / 2), c.to])]);

// Shapes of a drawing: [name, class, its numbers and words by attribute].
const shapes_of = (svg) => [...svg.matchAll(/<(\w+)((?: [\w-]+="[^"]*")*)/g)].map(([, shape, all]) =>
  ({ shape, ...Object.fromEntries([...all.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value === "" || isNaN(value) ? value : Number(value)])) }));

// Nothing is beyond the frame, nothing has less than no size, and nothing is a number that is none.
function wrong_in(svg) {
  const [frame, ...all] = shapes_of(svg), found = svg.match(/NaN|undefined|Infinity|null|\[object/) ? [`says ${svg.match(/NaN|undefined|Infinity|null|\[object/)[0]}`] : [];
  const inside = (x, y) => x >= -0.01 && x <= frame.width + 0.01 && y >= -0.01 && y <= frame.height + 0.01;
  for (const s of all) {
    const places = s.shape === "rect" ? [[s.x, s.y], [s.x + s.width, s.y + s.height]] : s.shape === "line" ? [[s.x1, s.y1], [s.x2, s.y2]] : s.shape === "text" ? [[s.x, s.y]]
      : s.shape === "circle" ? [[s.cx, s.cy]] : s.shape === "polyline" ? String(s.points).split(" ").filter(Boolean).map((place) => place.split(",").map(Number)) : [];
    if (s.shape === "rect" && !(s.width >= 0 && s.height >= 0)) found.push(`a ${s.class || "box"} of ${s.width} by ${s.height}`);
    for (const [x, y] of places) if (!inside(x, y)) found.push(`${s.class || s.shape} at ${x} ${y} of ${frame.width} ${frame.height}`);
  }
  return [...new Set(found)];
}

// On a narrow page the same shapes stand in the same order as on a wide one; only these are others there.
const by_width = { "05_collectives": ["stripe"], "12_restart": ["bar", "saving"] }[name] || [];
function differs(narrow, wide) {
  const kinds = new Set(wide.map((s) => s.class).filter((kind) => kind && !by_width.includes(kind))), found = [];
  for (const kind of kinds) {
    const [a, b] = [narrow, wide].map((all) => all.filter((s) => s.class === kind));
    if (a.length !== b.length) found.push(`${a.length} of ${kind}, not ${b.length}`);
    for (let i = 1; i < Math.min(a.length, b.length); ++i)
      for (const [x, y] of [["x", "y"], ["cx", "cy"], ["y", "x"]])
        if (a[i][y] === a[i - 1][y] && b[i][y] === b[i - 1][y] && (b[i][x] - b[i - 1][x]) * (a[i][x] - a[i - 1][x]) < 0) found.push(`${kind} ${i} stands elsewhere`);
  }
  return found;
}

async function about(run) {
  const first = first_settings(figure), lines = [], wrong = [], brief = figure.goes_on ? { steps: 10 } : {}; // what computes for long need not, here
  for (const control of figure.controls)
    for (const value of values_of(control)) {
      const set = { ...first, ...brief, [control.name]: value };
      lines.push(`values.${control.name}.${values_of(control).indexOf(value)}=${value}`);
      try {
        const out = await settle(run, figure, set), where = `${control.name} ${value}`;
        for (const c of figure.controls.filter((c) => c.last)) set[c.name] = Math.min(set[c.name], c.last(out, set)); // as the page does
        if (control.show) lines.push(`show.${control.name}.${values_of(control).indexOf(value)}=${control.show(set[control.name], out)}`);
        if (control.last) lines.push(`last.${control.name}=${control.last(out, set)}`);
        const text = [figure.says(out, set), figure.command(set, out), JSON.stringify(figure.table?.(out, set) || 0)].join(" ");
        if (/NaN|undefined|Infinity|null|\[object/.test(text)) wrong.push(`${where}: ${text}`);
        const all = [320, 390, 760, 1200].map((wide) => figure.draw(out, set, wide));
        all.forEach((svg, i) => wrong.push(...wrong_in(svg).map((what) => `${where}, ${[320, 390, 760, 1200][i]} wide: ${what}`)));
        wrong.push(...differs(shapes_of(all[0]), shapes_of(all[2])).map((what) => `${where}, 320 wide: ${what}`));
      } catch (error) {
        wrong.push(`${control.name} ${value}: ${error.message}`);
      }
    }
  const { ask, change, answers } = figure.question, now = await settle(run, figure, first), then = await settle(run, figure, { ...first, ...change });
  const { texts, right, because } = answers(now, then);
  return [...leaves(first, "first"), ...lines, ...leaves(wrong, "wrong"), `ask=${ask(now)}`, ...leaves(change, "change"), ...leaves(texts, "texts"), `right=${right}`,
    `because=${because}`, ...leaves(now, "now"), ...leaves(then, "then"), ""].join("\n");
}

// A drawing without a page, and the pointer that it has caught.
async function events(run, lines) {
  const heard = {}, said = [], set = { ...first_settings(figure), ...(figure.goes_on ? { steps: 0 } : {}) }, out = await settle(run, figure, set);
  let caught = null;
  const hears = (of) => (name, what) => (heard[`${name} ${of}`] = what);
  const drawing = {
    addEventListener: hears(""),
    querySelector: () => ({ getBoundingClientRect: () => ({ left: 10, top: 20, width: 280, height: 280 }) }),
    setPointerCapture: (pointer) => (caught = pointer),
    hasPointerCapture: (pointer) => caught === pointer,
    closest: () => ({ querySelector: (what) => ({ addEventListener: hears(what.match(/name=(\w+)/)[1]) }) }),
  };
  figure.attach(drawing, (change) => {
    said.push(JSON.stringify(change));
    figure.draw(out, Object.assign(set, change), width); // as the page does
  });
  for (const [name, x, y, buttons, pointer, on] of lines.map((text) => text.split(" "))) {
    const before = said.length, event = { clientX: Number(x), clientY: Number(y), buttons: Number(buttons), pointerId: Number(pointer), target: { closest: (what) => what === `.${on}` || null } };
    if (name === "input") heard[`input ${x}`]();
    else heard[`${name} `](event);
    if (said.length === before) said.push("");
  }
  return said.join("\n") + "\n";
}

let instances = 0; // that load has made
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = (...all) => (++instances, instantiate(...all));

(async () => {
  const file = `build/live/${name}`;
  const run = await load(readFileSync(`${file}.wasm`), existsSync(`${file}.data`) && readFileSync(`${file}.data`));
  const first = first_settings(figure);
  if (what === "svg") return process.stdout.write(file_of(figure.draw(await settle(run, figure, first), first, width)));
  if (what === "about") return process.stdout.write(await about(run));
  const given = readFileSync(0, "utf8").split("\n").filter(Boolean);
  if (what === "events") return process.stdout.write(await events(run, given));
  for (const text of given) {
    const set = { ...first };
    for (const pair of text.split("; ")) {
      const value = pair.slice(pair.indexOf(" ") + 1);
      set[pair.split(" ")[0]] = isNaN(value) ? value : Number(value);
    }
    try {
      const out = await settle(run, figure, set);
      const { rows, marked } = figure.table?.(out, set) || { rows: [] }, says = figure.says(out, set).replace(/\s*\n\s*/g, " ");
      console.log([...leaves(out, ""), `instances=${instances}`, `says=${says}`, ...leaves(rows, "table"), `marked=${marked}`, `command=${figure.command(set, out).replace(/\n/g, "; ")}`, `svg=${figure.draw(out, set, width)}`, ""].join("\n"));
    } catch (error) {
      console.log(`error=${error.message}\ninstances=${instances}\n`);
    }
  }
})();
