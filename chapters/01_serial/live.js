// The live figure of chapter 01: draws what live.cpp says of a training run, and takes the digits that the reader paints. See common/live/live.js.
const side = 28;

// Little squares, side x side, in a few colours: [fill, opacity, which values]. Squares side by side in a row are one piece.
const squares = (x, y, size, values, colours) => colours.map(([fill, opacity, belongs]) => {
  let d = "";
  for (let row = 0; row < side; ++row)
    for (let first = 0, last; first < side; first = last + 1) {
      for (last = first; last < side && belongs(values[row * side + last]); ++last);
      if (last > first) d += `M${first} ${row}h${last - first}v1h${first - last}z`;
    }
  return shape("path", { d, fill, "fill-opacity": opacity, transform: `translate(${x} ${y}) scale(${size / side})`, class: "squares" });
}).join("");
const ink = [["var(--ink)", 0.4, (v) => v >= 50 && v < 120], ["var(--ink)", 0.7, (v) => v >= 120 && v < 200], ["var(--ink)", 1, (v) => v >= 200]];
const signs = [["var(--orange)", 1, (v) => v <= 1], ["var(--orange)", 0.5, (v) => v === 2 || v === 3], ["var(--blue)", 0.5, (v) => v === 5 || v === 6], ["var(--blue)", 1, (v) => v >= 7]];
let painted = null; // greys of 0 to 15

const figure = {
  name: "training",
  controls: [
    { name: "steps", label: "steps", from: 0, to: 500, step: 10, first: 100 },
    { name: "rate", label: "learning rate", choices: ["0.003", "0.01", "0.03", "0.1", "0.3", "1", "3"], first: "0.1" },
    { name: "batch", label: "batch", choices: ["16", "32", "64", "128", "256"], first: "64" },
    { name: "hidden", label: "hidden neurons", choices: ["16", "32", "128", "512-256"], first: "32" },
    { name: "image", label: "test image", from: 0, to: 499, first: 0 },
    { name: "digit", first: "" },
  ],
  goes_on: (out, set) => out.done < set.steps,

  draw(out, set, width) {
    if (!set.digit) painted = null;
    const narrow = width < 560, left = 34, chart = narrow ? width - left - 6 : width * 0.5 - left, height = 140, top = 30, most = 2.5;
    const x_of = (step) => left + (step / Math.max(set.steps, 1)) * chart, y_of = (loss) => top + height * (1 - Math.min(loss ?? most, most) / most);
    let inside = words(left, 18, "loss of each step's batch");
    for (const loss of [0, 0.5, 1, 1.5, 2, 2.5]) inside += line(left, y_of(loss), left + chart, y_of(loss), { stroke: "var(--line)" }) + words(left - 6, y_of(loss) + 5, loss, right);
    for (const share of [0, 0.5, 1]) inside += words(left + share * chart, top + height + 20, `${share ? "" : "step "}${Math.round(share * set.steps)}`, share === 1 ? right : share ? centre : {});
    inside += shape("polyline", { points: out.losses.map((loss, i) => `${x_of(i + 1).toFixed(2)},${y_of(loss).toFixed(2)}`).join(" "), fill: "none", stroke: "var(--blue)", "stroke-width": 2, class: "curve" });

    const field = narrow ? 0 : width * 0.5 + 24, down = narrow ? top + height + 56 : top, bars = field + height + 14, space = width - bars - 84;
    inside += words(field, down - 12, set.digit ? "yours" : `an image of a ${out.label}`) + words(bars, down - 12, "the network says");
    inside += box(field, down, height, height, { fill: "var(--shade)", stroke: "var(--faint)" }) + squares(field, down, height, out.pixels, ink);
    inside += box(field, down, height, height, { fill: "transparent", class: "field", style: "touch-action: none; cursor: crosshair" });
    const best = out.probabilities.indexOf(Math.max(...out.probabilities));
    out.probabilities.forEach((share, digit) => {
      const y = down + digit * 14, mine = digit === best;
      inside += words(bars + 4, y + 12, digit) + box(bars + 18, y + 2, share * space, 10, { fill: mine ? "var(--green)" : "var(--faint)", class: "share" }) + words(bars + 24 + share * space, y + 12, mine ? percent(share ?? 0) : "");
    });

    const below = down + height + 56, columns = narrow ? 5 : 10, size = (width - 8 * (columns - 1)) / columns;
    inside += words(0, below - 10, narrow ? "what training added to ten neurons" : "what training has added to ten neurons' weights; blue: positive, orange: negative");
    out.units.forEach((unit, i) => {
      const x = (i % columns) * (size + 8), y = below + Math.floor(i / columns) * (size + 8);
      inside += box(x, y, size, size, { fill: "var(--shade)" }) + squares(x, y, size, [...unit].map(Number), signs);
    });
    return svg(width, below + (narrow ? 2 : 1) * (size + 8), inside);
  },

  says(out, set) {
    const best = out.probabilities.indexOf(Math.max(...out.probabilities)), loss = out.losses.at(-1);
    return `${out.parameters.toLocaleString("en")} parameters after ${out.done} steps${out.done ? `; the last batch's loss is ${loss === null ? "not a number" : loss.toFixed(3)}` : ""}. Of 500 images that it was not trained with, ${percent(out.correct)} are right.
      ${best < 0 ? "The weights are not numbers." : `${set.digit ? "Your digit" : "This image"} is a ${best}, it says, with ${percent(out.probabilities[best])}.`} Paint a digit into the square.`;
  },

  command: (set) => `make 01 ARGS="--hidden ${String(set.hidden).replace("-", ",")} --learning-rate ${set.rate} --batch ${set.batch} --train-samples 2500 --epochs ${Math.ceil((set.steps * set.batch) / 2500)}"`,

  // A finger or a mouse paints squares; the picture is redrawn as often as the network has an answer.
  attach(drawing, change) {
    const paint = (event) => {
      const place = drawing.querySelector(".field").getBoundingClientRect();
      const [x, y] = [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height].map((share) => share * side);
      if (!(event.buttons & 1) || x < 0 || y < 0 || x >= side || y >= side) return;
      painted ??= Array(side * side).fill(0);
      for (let i = 0; i < painted.length; ++i) {
        const far = Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - y);
        painted[i] = Math.max(painted[i], far < 1 ? 15 : far < 1.7 ? 9 : 0);
      }
      change({ digit: painted.map((grey) => grey.toString(16)).join("") });
    };
    drawing.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".field")) drawing.setPointerCapture(event.pointerId), paint(event);
    });
    drawing.addEventListener("pointermove", (event) => { if (drawing.hasPointerCapture(event.pointerId)) paint(event); });
    drawing.closest(".live").querySelector("[name=image]").addEventListener("input", () => change({ digit: "" }));
  },

  question: {
    change: { rate: "3" },
    ask: (now) => `With learning rate 0.1, ${percent(now.correct)} of the test images are right after ${now.done} steps. With steps thirty times as long, rate 3, how many?`,
    answers: (now, then) => ({
      texts: ["more", "about as many", "fewer"],
      right: 2,
      because: `${percent(then.correct)}. The gradient is the slope at the place where the weights are. A step that is too long goes beyond the valley, to where the loss is larger, and the next gradient is larger still. Try the rates between.`,
    }),
  },
};
