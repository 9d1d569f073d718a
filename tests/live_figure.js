// A figure without a page:
//   node tests/live_figure.js NN_topic svg        its first state as a file of SVG
//   node tests/live_figure.js NN_topic <LINES     for each line `name value; name value ...`: what C++ has returned, a number or word in
//                                                a line `place=value`, then says=..., table.ROW.COLUMN=..., command=... and svg=..., or
//                                                error=...; then an empty line
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

(async () => {
  const file = `build/live/${name}`;
  const run = await load(readFileSync(`${file}.wasm`), existsSync(`${file}.data`) && readFileSync(`${file}.data`));
  const first = first_settings(figure);
  if (what === "svg") return process.stdout.write(file_of(figure.draw(await settle(run, figure, first), first, width)));
  for (const text of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const set = { ...first };
    for (const pair of text.split("; ")) {
      const value = pair.slice(pair.indexOf(" ") + 1);
      set[pair.split(" ")[0]] = isNaN(value) ? value : Number(value);
    }
    try {
      const out = await settle(run, figure, set);
      const rows = figure.table?.(out, set).rows || [], says = figure.says(out, set).replace(/\s*\n\s*/g, " ");
      console.log([...leaves(out, ""), `says=${says}`, ...leaves(rows, "table"), `command=${figure.command(set, out).replace(/\n/g, "; ")}`, `svg=${figure.draw(out, set, width)}`, ""].join("\n"));
    } catch (error) {
      console.log(`error=${error.message}\n`);
    }
  }
})();
