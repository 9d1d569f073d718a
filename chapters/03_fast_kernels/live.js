// The live figure of chapter 03: draws what live.cpp says of a warp's request. See common/live/live.js.
const units = (out, many = out.units) => `${many} ${out.shared ? "wavefront" : "sector"}${many === 1 ? "" : "s"}`;
const lanes_of = (lanes) => (lanes.length > 1 ? `${lanes.length}×` : lanes.join(""));
const looks = [["var(--blue)", "a word for one lane, its number"], ["var(--green)", "for several, how many"], ["var(--shade)", ""]];

const figure = {
  name: "a warp's request",
  controls: [
    { name: "access", label: "access", first: "step 7 reads b", choices: ["step 1 reads a", "step 2 reads b", "step 3 reads a", "step 3 reads b",
      "step 4 reads a", "step 4 reads b", "step 7 reads a", "step 7 reads b", "step 8 reads a", "step 8 reads b", "step 11 writes c", "step 12 writes c", "shared, one row", "global, one row"] },
    { name: "apart", label: "lane to lane, words", from: -1, to: 33, first: -1, show: (apart, out) => out.apart },
    { name: "first", label: "first word", from: 0, to: 31, first: 0, show: (first, out) => out.first },
    { name: "lane", label: "follow lane", from: -1, to: 31, first: -1, show: (lane) => (lane < 0 ? "none" : lane) },
  ],

  draw(out, set, width) {
    const narrow = width < 600, left = narrow ? 28 : 94, gap = out.shared ? 0 : 6, cell = (width - left - 3 * gap) / 32, row = 22, top = 44;
    const x_of = (column) => left + column * cell + Math.floor(column / 8) * gap, rows = 1 + Math.max(...out.cells.map(([at]) => at));
    let inside = words(left, 16, out.shared ? "the 32 banks of shared memory" : "sectors of 8 words, four in a row");
    for (let column = 0; out.shared && column < 32; column += narrow ? 8 : 4) inside += words(x_of(column) + cell / 2, 36, column, { fill: "var(--faint)", ...centre });
    for (let at = 0; at < rows; ++at) {
      inside += words(left - 8, top + row * at + 16, `${narrow ? "" : out.shared ? "wavefront " : "sectors "}${out.shared ? at + 1 : `${4 * at + 1}${narrow ? "" : "…"}`}`, right);
      for (let column = 0; out.shared && column < 32; ++column) inside += box(x_of(column) + 0.5, top + row * at, cell - 1, row - 3, { fill: "var(--shade)" });
    }
    const group_of = out.cells.reduce((groups, [at, , , lane]) => ({ ...groups, [at]: lane >= 0 ? Math.floor(lane / out.lanes) : groups[at] }), {});
    for (let at = 1; at < rows; ++at) if (group_of[at] !== group_of[at - 1]) inside += line(0, top + row * at - 1.5, width, top + row * at - 1.5, { stroke: "var(--faint)" });
    for (const [at, column, word, ...lanes] of out.cells) {
      const followed = lanes.includes(set.lane), faded = set.lane >= 0 && !followed ? { opacity: 0.3 } : {}, text = lanes_of(lanes);
      const fill = looks[lanes.length === 1 ? 0 : lanes.length ? 1 : 2][0], fits = text && !narrow && text.length * 7 + 2 < cell;
      inside += shape("g", { ...faded, ...(lanes.length ? { "data-set": `lane ${followed ? set.lane : lanes[0]}` } : {}) },
        box(x_of(column) + 0.5, top + row * at, cell - 1, row - 3, { fill, class: lanes.length ? "word" : "unused" }, `word ${word}: ${lanes.length ? `lane ${lanes.join(", ")}` : "nobody wants it"}`) +
        (fits ? words(x_of(column) + cell / 2, top + row * at + 15, text, { fill: "var(--paper)", "font-size": 12, ...centre }) : ""));
    }
    let x = 0, y = top + row * rows + 22;
    for (const [fill, name] of [...looks.slice(0, 2), [looks[2][0], out.shared ? "a bank gives nothing" : "comes, and nobody wants it"]]) {
      if (x + 18 + 8.4 * name.length > width) x = 0, y += 20;
      inside += box(x, y - 12, 13, 13, { fill, stroke: "var(--faint)" }) + words(x + 18, y, name);
      x += 30 + 8.4 * name.length;
    }
    return svg(width, y + 10, inside);
  },

  says(out, set) {
    const mine = out.cells.filter(([, , , ...lanes]) => lanes.includes(set.lane)), [at, column] = mine[0] || [], several = mine.length > 1 ? "s" : "";
    const follow = mine.length ? ` Lane ${set.lane} wants the word${several} ${mine.map((one) => one[2]).join(", ")}: ${out.shared ? `bank${several} ${mine.map((one) => one[1]).join(", ")}, wavefront ${at + 1}` : `sector ${4 * at + Math.floor(column / 8) + 1}`}.` : "";
    return `${set.access}, ${out.bytes} bytes a lane${out.lanes < 32 ? `, answered for ${out.lanes} lanes at a time` : ""}: ${units(out)}; the same words could need ${out.least}.${follow}`;
  },

  table(out, set) {
    const rows = out.accesses.map((one) => [one.name, one.bytes, one.shared ? one.units : "", one.shared ? "" : one.units, one.least]);
    return { rows: [["access", "bytes", "wavefronts", "sectors", "least"], ...rows], marked: 1 + rows.findIndex(([name]) => name === set.access) };
  },

  command: () => "make traffic",

  question: {
    change: { access: "step 8 reads b" },
    ask: (now) => `In step 7 a lane's float4 of b lies 8 words behind its neighbour's: ${units(now)}. In step 8 it lies 4 words behind. How many wavefronts?`,
    answers: (now, then) => ({
      texts: [now.units, then.units, then.units / 2].map((many) => units(now, many)),
      right: 1,
      because: `Eight lanes are answered at a time. In step 7 the words 0 to 3 and 32 to 35 lie in the same banks, so eight lanes need two wavefronts; in step 8 no two words lie in one bank, and ${units(then)} for four times eight lanes are the least.`,
    }),
  },
};
