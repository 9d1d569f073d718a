// The live figure of chapter 12: draws what live.cpp says of runs on machines that fail. See common/live/live.js.
const digits = (number) => +number.toPrecision(3);
const time = (s) => (s < 60 ? `${digits(s)}\u00a0s` : s < 3600 ? `${digits(s / 60)}\u00a0min` : `${digits(s / 3600)}\u00a0h`);
const plus_minus = ({ mean, half }) => `${(100 * mean).toFixed(1)}\u00a0±\u00a0${(100 * half).toFixed(1)}\u00a0%`;
const kinds = [["work that is saved", "var(--blue)"], ["thrown away", "var(--orange)"], ["restart", "var(--violet)"], ["checkpoint", "var(--paper)"]];
const failures = (out) => out.bars.filter(([kind, , , how]) => kind > 0 && how);

const figure = {
  name: "a run on machines that fail",
  controls: [
    { name: "place", label: "save after", from: 0, to: 44, first: 16, last: (out) => out.last, show: (place, out) => time(out.interval) },
    { name: "nodes", label: "nodes", choices: ["64", "256", "1024", "2048", "4096", "16384"], first: "2048" },
    { name: "checkpoint", label: "a checkpoint takes, s", choices: ["5", "10", "30", "60", "300"], first: "30" },
    { name: "restart", label: "a restart takes, s", choices: ["60", "300", "600", "1800"], first: "600" },
    { name: "seed", label: "which failures", from: 1, to: 20, first: 1 },
  ],

  draw(out, set, width) {
    const narrow = width < 500, rows = narrow ? 8 : 4, left = 76, space = width - left - 14, top = 30, row = 42, high = 20, of_row = out.seconds / rows;
    let inside = words(narrow ? 0 : left, 16, `${narrow ? "" : "a run's "}first ${time(out.seconds)}: a failure every ${time(out.between)}${narrow ? "" : " on average"}`);
    for (let i = 0; i < rows; ++i) inside += words(left - 8, top + row * i + 29, time(i * of_row), right);
    // A bar from one time to another, a piece in each row that it touches.
    const bar = (begin, end, more, share = 1, title) => {
      for (let i = Math.floor(begin / of_row); i < rows && i * of_row < end; ++i) {
        const from = Math.max(begin / of_row - i, 0), to = Math.min(end / of_row - i, 1);
        inside += box(left + from * space, top + row * i + 14 + (1 - share) * high, (to - from) * space, share * high, more, title);
      }
    };
    const all = out.interval + Number(set.checkpoint), thin = (all / of_row) * space < 4;
    for (const [kind, begin, end, how] of out.bars) {
      bar(begin, end, { fill: kinds[kind][1], class: "bar" }, 1, `${kinds[kind][0]}: ${time(end - begin)}`);
      if (kind === 0 && thin) bar(begin, end, { fill: kinds[3][1], class: "saving" }, set.checkpoint / all);
      for (let i = 0; kind === 0 && !thin && i < how; ++i) {
        const saved = begin + (i + 1) * all; // ends there; no thinner than can be seen
        if (saved <= end * (1 + 1e-9)) bar(Math.max(saved - Math.max(set.checkpoint, (1.5 / space) * of_row), begin), saved, { fill: kinds[3][1], class: "saving" });
      }
    }
    for (const [, , end] of failures(out)) {
      const i = Math.min(Math.floor(end / of_row), rows - 1), x = left + (end / of_row - i) * space, y = top + row * i + 13;
      inside += shape("path", { d: `M${x.toFixed(2)},${y} l-5,-11 h10 z`, fill: "var(--red)", class: "failure" });
    }
    let y = top + row * rows + 16, x = narrow ? 0 : left;
    for (const [name, fill] of [...kinds, ["▼ a failure", ""]]) {
      const long = 8.4 * name.length + 26;
      if (x + long > width) x = 0, y += 20;
      inside += fill ? box(x, y - 12, 13, 13, { fill, stroke: "var(--faint)" }) + words(x + 18, y, name) : words(x, y, name, { fill: "var(--red)" });
      x += long;
    }
    return svg(width, y + 264, inside + this.shares(out, left, space, y + 58));
  },

  // The useful share over the interval: the formula's curve, the simulation's points.
  shares(out, left, space, top) {
    const height = 150, first = Math.log(out.curve[0][0]), last = Math.log(out.curve.at(-1)[0]);
    const x_of = (t) => left + ((Math.log(t) - first) / (last - first)) * space, y_of = (share) => top + height * (1 - share);
    let inside = words(space < 400 ? 0 : left, top - 16, "useful part of the time, by interval");
    for (const share of [0, 0.25, 0.5, 0.75, 1]) inside += line(left, y_of(share), left + space, y_of(share), { stroke: "var(--line)" }) + words(left - 8, y_of(share) + 5, `${100 * share} %`, right);
    for (const t of [10, 60, 600, 3600, 36000, 360000].filter((t) => x_of(t) > left + 14 && x_of(t) < left + space - 14))
      inside += line(x_of(t), top, x_of(t), top + height, { stroke: "var(--line)" }) + words(x_of(t), top + height + 20, time(t), centre);
    const at = x_of(out.interval);
    if (at >= left && at <= left + space) inside += line(at, top - 6, at, top + height, { "stroke-dasharray": "4 3", "stroke-width": 2, class: "chosen" });
    inside += shape("polyline", { points: out.curve.map(([t, share]) => `${x_of(t).toFixed(2)},${y_of(share).toFixed(2)}`).join(" "), fill: "none", stroke: "var(--blue)", "stroke-width": 2, class: "curve" });
    for (const { interval, mean, half } of [...out.rows, ...out.more].filter(({ interval }) => x_of(interval) >= left && x_of(interval) <= left + space)) {
      const middle = x_of(interval);
      inside += line(middle, y_of(mean + half), middle, y_of(mean - half), { stroke: "var(--orange)", "stroke-width": 3, class: "half" });
      inside += shape("circle", { cx: middle, cy: y_of(mean), r: 4, fill: "var(--orange)", class: "point" });
    }
    const key = top + height + 44;
    return inside + line(left, key - 5, left + 24, key - 5, { stroke: "var(--blue)", "stroke-width": 2 }) + words(left + 30, key, "formula") +
      shape("circle", { cx: left + 104, cy: key - 5, r: 4, fill: "var(--orange)" }) + words(left + 114, key, "simulated");
  },

  says(out, set) {
    const [mine] = out.rows, drawn = out.parts.map(percent);
    return `${set.nodes} nodes: a failure every ${time(out.between)} on average. With a checkpoint after each ${time(out.interval)}, ${percent(mine.formula)} of the time is useful by formula, ${plus_minus(mine)} simulated.
      In the run that is drawn ${failures(out).length} failures threw away ${drawn[1]} of the time, and ${drawn[2]} went into restarts.`;
  },

  table(out) {
    return { rows: [["save after", "", "useful by formula", "simulated"], ...out.rows.map((row) => [row.name, time(row.interval), percent(row.formula), plus_minus(row)])], marked: 1 };
  },

  command: (set, out) => `make 12-goodput RANKS=1 ARGS="--nodes ${set.nodes} --checkpoint ${set.checkpoint} --restart ${set.restart} --interval ${out.interval} --runs 200 --intervals 100 --seed ${set.seed}"`,

  question: {
    change: { nodes: "16384", place: 10 },
    ask: (now) => `2048 nodes should save every ${time(now.best)}. With eight times as many nodes, 16384, how often?`,
    answers: (now, then) => ({
      texts: [now.best, then.best, now.best / 8].map((t) => `every ${time(t)}`),
      right: 1,
      because: `A failure comes eight times as often, but the best interval is about √(2 c M): it falls by √8, about three. And only ${percent(then.rows[4].formula)} of the time is useful then: restarts take as long as before, and come eight times as often.`,
    }),
  },
};
