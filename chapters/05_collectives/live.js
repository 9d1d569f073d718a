// The live figure of chapter 05: draws what live.cpp says of a collective's steps and of an allreduce's cost. See common/live/live.js.
const many = (number) => Math.round(number).toLocaleString("en");
const plural = (number, what) => `${many(number)} ${what}${number === 1 ? "" : "s"}`;

// Whose numbers are in a sum of 2^rank: a stripe for each rank; green where all are in it.
const stripes = (x, y, width, sum, ranks) => {
  let inside = box(x, y, width, 24, { fill: "var(--shade)", stroke: "var(--line)" });
  for (let rank = 0; rank < ranks; ++rank)
    if ((sum >> rank) & 1) inside += box(x + (rank * width) / ranks, y, width / ranks, 24, { fill: sum === 2 ** ranks - 1 ? "var(--green)" : "var(--blue)", class: "stripe" });
  return inside;
};

const figure = {
  name: "a collective, step by step",
  controls: [
    { name: "way", label: "what, and how", first: "allreduce: ring", choices: ["allreduce: ring", "allreduce: recursive-doubling", "allreduce: rabenseifner",
      "allreduce: rank-order", "allreduce: reduce-broadcast", "reduce-scatter: ring", "allgather: ring", "allgather: bruck", "broadcast: tree"] },
    { name: "ranks", label: "ranks", from: 2, to: 8, first: 4 },
    { name: "floats", label: "length of the vector", choices: ["840", "8400"], first: "8400" },
    { name: "step", label: "steps done", from: 0, to: 6, last: (out) => out.steps, first: 2 },
    { name: "alpha", label: "α: µs a message", choices: ["1", "2", "5", "10", "20", "50"], first: "10" },
    { name: "beta", label: "β: ns a byte", choices: ["0.05", "0.1", "0.2", "0.5", "1", "2"], first: "1" },
    { name: "gamma", label: "γ: ns a byte added", choices: ["0", "0.1", "0.25", "0.5", "1"], first: "0" },
  ],

  draw(out, set, width) {
    const narrow = width < 500, ranks = out.have.length, row = 36, top = 34, dots = narrow ? 26 : 72, cells = dots + (narrow ? 62 : 90);
    const sends = width - (narrow ? 74 : 196), cell = (sends - cells - 16) / ranks, y_of = (rank) => top + row * rank + 12;
    let inside = '<defs><marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto" markerUnits="userSpaceOnUse"><path d="M0,0 L9,4 L0,8 z" fill="var(--orange)"/></marker></defs>';
    inside += words(cells, 20, `${narrow ? "has" : "what each rank has"} after ${out.step} of ${plural(out.steps, "step")}`) + words(sends, 20, out.step < out.steps ? (narrow ? "sends" : `sends in step ${out.step + 1}`) : "");
    out.have.forEach((sums, rank) => {
      const y = y_of(rank), mine = out.messages.filter((message) => message.from === rank);
      inside += words(dots - 12, y + 5, narrow ? rank : `rank ${rank}`, right) + shape("circle", { cx: dots, cy: y, r: 5, fill: "var(--ink)" });
      sums.forEach((sum, block) => inside += stripes(cells + cell * block, y - 12, cell - 4, sum, ranks));
      if (mine.length === 1 && !narrow) inside += stripes(sends, y - 12, 64, mine[0].whose, ranks) + words(sends + 72, y + 5, `${many(mine[0].floats)} to rank ${mine[0].to}`);
      else if (mine.length) inside += words(sends, y + 5, mine.length > 1 ? `${mine.length} × ${many(mine[0].floats)}` : `${many(mine[0].floats)}→${mine[0].to}`);
    });
    for (const { from, to } of out.messages) {
      const bulge = (narrow ? 20 : 30) + (narrow ? 9 : 14) * Math.abs(to - from) + (to < from ? 14 : 0), [a, b] = [y_of(from), y_of(to)];
      inside += shape("path", { d: `M${dots + 6},${a} Q${dots + bulge},${(a + b) / 2} ${dots + 7},${b + (to > from ? -3 : 3)}`, fill: "none", stroke: "var(--orange)", "stroke-width": 2, "marker-end": "url(#head)", class: "message" });
    }
    const below = top + row * ranks;
    inside += words(narrow ? 0 : cells, below + 12, narrow ? "a stripe: one rank's; green: all" : "a stripe in a block: the numbers of one rank; green: of all", { fill: "var(--faint)" });
    return svg(width, below + (narrow ? 345 : 305), inside + this.costs(out, width, below + 60, narrow));
  },

  // Time over length, both in powers of ten.
  costs(out, width, top, narrow) {
    const all = out.curves.flatMap((curve) => curve.seconds).map(Math.log10), low = Math.floor(Math.min(...all)), high = Math.ceil(Math.max(...all));
    const left = 62, first = Math.log10(out.lengths[0]), last = Math.log10(out.lengths.at(-1)), space = width - left - 14, height = 150;
    const x_of = (bytes) => left + ((Math.log10(bytes) - first) / (last - first)) * space, y_of = (seconds) => top + ((high - Math.log10(seconds)) / (high - low)) * height;
    const si = (power, units) => `${10 ** (power - 3 * Math.floor(power / 3))} ${units[Math.floor(power / 3)]}`;
    let inside = words(narrow ? 0 : left, top - 10, `time of an allreduce on ${out.have.length} ranks, by formula`);
    for (let power = low; power <= high; ++power)
      inside += line(left, y_of(10 ** power), left + space, y_of(10 ** power), { stroke: "var(--line)" }) + words(left - 6, y_of(10 ** power) + 5, si(power, { "-3": "ns", "-2": "µs", "-1": "ms", 0: "s", 1: "ks" }), right);
    for (let power = first; power <= last; power += narrow ? 2 : 1)
      inside += line(x_of(10 ** power), top, x_of(10 ** power), top + height, { stroke: "var(--line)" }) + words(x_of(10 ** power), top + height + 20, si(power, ["B", "kB", "MB"]), power === last ? right : centre);
    out.curves.forEach(({ name, seconds, from, then }, i) => {
      const look = { stroke: `var(--${["blue", "green", "orange", "violet"][i]})`, "stroke-width": 2, "stroke-dasharray": ["none", "10 4", "5 3", "2 3"][i] };
      const place = [narrow ? 0 : left + (i % 2) * 330, top + height + 50 + 20 * (narrow ? i : Math.floor(i / 2))];
      inside += shape("polyline", { points: out.lengths.map((bytes, k) => `${x_of(bytes).toFixed(2)},${y_of(seconds[k]).toFixed(2)}`).join(" "), fill: "none", class: "curve", ...look });
      if (from) inside += shape("circle", { cx: x_of(from), cy: y_of(then), r: 5, fill: "none", stroke: "var(--ink)", "stroke-width": 2, class: "crossing" });
      inside += line(place[0], place[1] - 5, place[0] + 30, place[1] - 5, look) + words(place[0] + 38, place[1], from ? `${name}, ○ from ${many(from)} B` : name);
    });
    return inside;
  },

  says(out, set) {
    const under_way = out.messages.length > 8 ? `${out.messages.length} messages are sent` : out.messages.map(({ from, to, floats }) => `rank ${from} sends ${many(floats)} to ${to}`).join(", ");
    const faster = out.curves.filter((curve) => curve.from).map((curve) => `${curve.name} from ${many(curve.from)} bytes on`).join(", ");
    return `${set.way} of ${many(set.floats)} floats on ${set.ranks} ranks, after ${out.step} of ${plural(out.steps, "step")}. ${out.step < out.steps ? `Then ${under_way}. ` : ""}The rank that sends most sends ${plural(out.most_messages, "message")},
      ${many(out.most_floats)} floats in all. By formula faster than recursive doubling: ${faster || "none"}.`;
  },

  command: (set) => `make 05-steps RANKS=${set.ranks} ARGS="--collective ${set.way.replace(": ", " --way ")} --floats ${set.floats}"\nmake 05-curves RANKS=1 ARGS="--ranks ${set.ranks} --alpha ${set.alpha} --beta ${set.beta} --gamma ${set.gamma}"`,

  question: {
    change: { alpha: "20" },
    ask: (now) => `4 ranks, α = 10 µs: a ring is faster than recursive doubling from ${many(now.curves[2].from)} bytes on. With messages that take twice as long to start, α = 20 µs, from where on?`,
    answers: (now, then) => ({
      texts: [now.curves[2].from / 2, now.curves[2].from, then.curves[2].from].map((bytes) => `${many(bytes)} bytes`),
      right: 2,
      because: "A ring has more messages and sends fewer bytes. Where a message costs twice as much, it must save twice as many bytes: the length where two ways are equal is a multiple of α / β.",
    }),
  },
};
