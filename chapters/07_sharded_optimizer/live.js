// The live figure of chapter 07: draws what live.cpp says of the memory of each rank. See common/live/live.js.
const mega = (bytes) => `${(bytes / 1e6).toFixed(2)}\u00a0MB`;
const kept = (bytes) => bytes.slice(0, 4).reduce((sum, one) => sum + one); // the fifth is what is sent
const colours = ["var(--blue)", "var(--orange)", "var(--green)", "var(--violet)", "var(--paper)"];
const grouped = (text) => text.replace(/\d+/g, (digits) => Number(digits).toLocaleString("en"));
// A formula that is too long goes on in another line before its equals sign, and then before each plus.
const lines_of = (text, room) => [/ (?== )/, / (?=\+ )/].reduce((lines, at) => lines.flatMap((one) => (one.length * 7.5 < room ? [one] : one.split(at))), [text]);

const figure = {
  name: "what each rank keeps",
  controls: [
    { name: "level", label: "level", from: 0, to: 3, first: 2 },
    { name: "ranks", label: "ranks", from: 1, to: 16, first: 4 },
    { name: "optimizer", label: "optimizer", choices: ["sgd", "momentum", "adam"], first: "adam" },
    { name: "bits", label: "bits of a weight", choices: ["32", "16"], first: "32" },
    { name: "layers", label: "hidden layers", from: 1, to: 16, first: 8 },
    { name: "width", label: "of so many neurons", choices: ["64", "128", "256", "512", "1024", "2048", "4096"], first: "512" },
    { name: "unit", label: "fewest of a unit", choices: ["1", "500000", "1000000", "5000000"], first: "1" },
    { name: "micro_batches", label: "micro-batches", from: 1, to: 32, first: 4 },
    { name: "prefetch", label: "prefetch, at level 3", choices: ["no", "yes"], first: "no" },
    { name: "rank", label: "formulas of rank", from: 0, to: 3, last: (out, set) => set.ranks - 1, first: 0 },
  ],

  draw(out, set, width) {
    const narrow = width < 600, left = narrow ? 28 : 64, row = 28, space = width - left - 78;
    const longest = Math.max(...out.levels.map(kept)), top = 28;
    let inside = words(left, 18, `level ${set.level}; the frame: level 0`, { fill: "var(--faint)" });
    out.ranks.forEach((bytes, rank) => {
      const y = top + row * rank;
      let x = left;
      inside += words(left - 8, y + 17, narrow ? rank : `rank ${rank}`, { ...right, ...(rank === out.shown ? { "font-weight": "bold" } : {}) });
      bytes.slice(0, 4).forEach((one, i) => {
        const size = (one / longest) * space;
        inside += shape("g", { "data-set": `rank ${rank}` }, box(x, y, size, row - 5, { fill: colours[i], class: "bar" }, `${out.formulas[i].name}: ${mega(one)}`) +
          (size > 62 ? words(x + size / 2, y + 17, mega(one), { fill: "var(--paper)", ...centre }) : ""));
        x += size;
      });
      inside += box(left, y, (kept(out.levels[0]) / longest) * space, row - 5, { fill: "none", stroke: "var(--faint)", "stroke-dasharray": "3 3" }) + words(width, y + 17, mega(kept(bytes)), right);
    });
    let y = top + row * out.ranks.length + 26;
    inside += words(0, y, `rank ${out.shown} of ${out.ranks.length}, in bytes`, { "font-weight": "bold" });
    out.formulas.forEach(({ name, letters, numbers }, i) => {
      y += narrow ? 28 : 25;
      const bytes = mega(out.ranks[out.shown][i]), equal = `${letters} = ${grouped(numbers)}`;
      inside += box(0, y - 12, 13, 13, { fill: colours[i], stroke: "var(--faint)" }) + words(20, y, name) + words(narrow ? width : 210, y, bytes, right);
      lines_of(equal, width - (narrow ? 20 : 226)).forEach((piece, k) => inside += words(narrow ? 20 : 226, narrow || k ? (y += 19) : y, piece, { fill: "var(--faint)" }));
    });
    return svg(width, y + 10, inside);
  },

  says(out, set) {
    const mine = out.ranks[out.shown];
    return `${out.parameters.toLocaleString("en")} parameters of ${set.bits} bits, ${set.optimizer}, ${out.ranks.length} ranks, level ${set.level}: rank ${out.shown} keeps ${mega(kept(mine))} and sends ${mega(mine[4])} in a step.
      ${out.meanings}.`;
  },

  table(out, set) {
    const rows = out.levels.map((bytes, level) => [`level ${level}`, ...[...bytes.slice(0, 4), kept(bytes), bytes[4]].map((one) => (one / 1e6).toFixed(one < 1e8 ? 2 : 0))]);
    return { rows: [["MB", "weights", "grad.", "state", "exch.", "sum", "sent"], ...rows], marked: 1 + set.level };
  },

  command: (set) => `make 07-memory RANKS=${set.ranks} ARGS="--hidden ${Array(set.layers).fill(set.width)} --optimizer ${set.optimizer} --unit ${set.unit} --micro-batches ${set.micro_batches}${set.prefetch === "yes" ? " --prefetch" : ""}${Number(set.bits) === 32 ? "" : ` --bits ${set.bits}`}"`,

  question: {
    change: { ranks: 8, micro_batches: 8 },
    ask: (now) => `Adam, level 2, 4 ranks: a rank keeps ${mega(kept(now.ranks[0]))}. On 8 ranks, how much?`,
    answers: (now, then) => ({
      texts: [kept(now.ranks[0]) / 2, kept(then.ranks[0]), kept(now.ranks[0])].map(mega),
      right: 1,
      because: "Only what is cut into shards is halved. At level 2 that is the state, and of the gradients the part beside the unit in use; the weights stay whole on every rank.",
    }),
  },
};
