// The live figure of chapter 08: draws what live.cpp says of a schedule. See common/live/live.js.
const figure = {
  name: "a pipeline's schedule",
  controls: [
    { name: "schedule", label: "schedule", choices: ["naive", "gpipe", "1f1b", "interleaved", "zb-h1"], first: "1f1b" },
    { name: "stages", label: "stages", from: 1, to: 8, first: 4 },
    { name: "chunks", label: "interleaved chunks", from: 1, to: 4, first: 2 },
    { name: "micro_batches", label: "micro-batches", from: 1, to: 32, first: 8 },
    { name: "backward", label: "backward : forward", from: 1, to: 3, step: 0.5, first: 2, show: (ratio) => `${ratio} : 1` },
    { name: "moment", label: "moment", from: 0, to: 100, first: 40, show: (share) => `${share} %` },
    { name: "follow", label: "follow micro-batch", from: -1, to: 7, last: (out, set) => set.micro_batches - 1, first: -1, show: (m) => (m < 0 ? "none" : m) },
  ],

  draw(out, set, width) {
    const narrow = width < 500, left = narrow ? 20 : 64, lane = 30, top = 30, space = width - left - (narrow ? 44 : 96);
    const x_of = (time) => left + (time / out.length) * space, bottom = top + lane * out.stages.length;
    let inside = words(width, 18, narrow ? "keeps" : "keeps / most", { fill: "var(--faint)", ...right });
    out.stages.forEach((steps, stage) => {
      const y = top + lane * stage;
      inside += box(left, y, space, lane - 4, { fill: "var(--shade)" }) + words(left - 8, y + 18, narrow ? stage : `stage ${stage}`, right);
      for (const [pass, chunk, micro_batch, begin, end] of steps) {
        const x = x_of(begin), size = x_of(end) - x, colour = ["var(--blue)", "var(--orange)", "var(--green)"][pass], later = chunk >= out.stages.length;
        const faded = set.follow >= 0 && set.follow !== micro_batch ? { opacity: 0.25 } : {}, letter = later && size > 22 ? "abcd"[Math.floor(chunk / out.stages.length)] : "";
        const bar = box(x + 0.5, y + 0.5, size - 1, lane - 5, { fill: later ? "var(--paper)" : colour, stroke: colour, class: "bar" },
          `${["forward", "backward", "weights"][pass]} of chunk ${chunk}, micro-batch ${micro_batch}`);
        const label = `${micro_batch}${letter}`, fits = size > 4 + 8 * label.length;
        inside += shape("g", { "data-set": `follow ${micro_batch}`, ...faded },
          bar + (fits ? words(x + size / 2, y + 18, label, { fill: later ? colour : "var(--paper)", ...centre }) : ""));
      }
      inside += words(width, y + 18, narrow ? out.kept[stage] : `${out.kept[stage]} / ${out.most[stage]}`, right);
    });
    const at = x_of(out.moment);
    inside += line(at, top - 6, at, bottom + 2, { "stroke-dasharray": "4 3", "stroke-width": 2 });
    const key = [["forward", "var(--blue)"], ["backward", "var(--orange)"], ["idle", "var(--shade)"]];
    if (set.schedule === "zb-h1") key.splice(1, 1, ["backward: dx", "var(--orange)"], ["dw", "var(--green)"]);
    key.reduce((x, [text, fill]) => {
      inside += box(x, bottom + 10, 13, 13, { fill, stroke: "var(--faint)" }) + words(x + 18, bottom + 22, text);
      return x + 26 + 8.4 * text.length;
    }, narrow ? 0 : left);
    return svg(width, bottom + 30, inside);
  },

  says(out, set) {
    const doing = out.doing.map((what, stage) => `stage ${stage}: ${what}, keeps ${out.kept[stage]}`).join("; ");
    return `${set.schedule}: idle ${percent(out.idle)}, the step takes ${+out.length.toFixed(2)} forward passes. At the dashed line: ${doing}.`;
  },

  table(out, set) {
    const rows = out.kinds.map((kind) => [kind.name, percent(kind.idle), percent(kind.formula), +kind.length.toFixed(2), kind.most]);
    return { rows: [["schedule", "idle", "by formula", "takes", "keeps at most"], ...rows], marked: 1 + rows.findIndex((row) => row[0] === set.schedule) };
  },

  command: (set) => `make 08-plan RANKS=1 ARGS="--schedule ${set.schedule} --stages ${set.stages} --chunks ${set.chunks} --micro-batches ${set.micro_batches}"`,

  question: {
    change: { micro_batches: 16 },
    ask: (now) => `1f1b, 4 stages, 8 micro-batches: the stages are idle for ${percent(now.idle)} of the step. With twice as many micro-batches, 16, how idle are they?`,
    answers: (now, then) => ({
      texts: [percent(now.idle), percent(then.idle), percent(now.idle / 2)],
      right: 1,
      because: `The pipeline fills and runs empty in the same time as before; only the work between has doubled. The step takes ${then.length} forward passes instead of ${now.length}.`,
    }),
  },
};
