// Shows one slide at a time.  The keys stand in `keys` below; `?` shows them.
"use strict";

const keys = `
→  ↓  space  PageDown   next          n   notes under the slide (print then: slides with notes)
←  ↑  PageUp            back          s   the speaker's window: notes, next slide, clock
Home  End               first, last   o   all slides
7 Enter                 slide 7       d   dark or light        f   full screen        ?   these keys`;

const main = document.querySelector("main");
const slides = [...main.children];
const root = document.documentElement;
const minutes = slides.map((slide) => Number(slide.dataset.minutes || 0));
const sum = (list) => list.reduce((a, b) => a + b, 0);
const planned = () => sum(minutes.slice(0, current + 1));
const element = (selector) => document.querySelector(selector);
let current = 0, typed = "", begun = null, speaker = null;

// Notes take the lower part of the window; the slide, what is left.
function scale() {
  const height = innerHeight * (document.body.classList.contains("with-notes") ? 0.7 : 1);
  const factor = Math.min(innerWidth / 1280, height / 720);
  main.style.transform = `translate(${(innerWidth - 1280 * factor) / 2}px, ${(height - 720 * factor) / 2}px) scale(${factor})`;
}

// Code and tables shrink until the slide holds them.
function fit(slide) {
  for (let size = 1; slide.scrollHeight > slide.clientHeight && size > 0.6; size -= 0.04) slide.style.setProperty("--fit", size);
}

function show(number) {
  current = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, i) => slide.classList.toggle("shown", i === current));
  fit(slides[current]);
  element("#number").textContent = `${current} / ${slides.length - 1}`;
  element(".bar").style.width = `${(100 * current) / (slides.length - 1)}%`;
  history.replaceState(null, "", `#${current}`);
  show_notes();
}

function show_notes() {
  const notes = slides[current].querySelector(".notes");
  const text = `<div class="clock">${minutes[current]} min; after it ${planned()} of ${sum(minutes)}</div>` +
    (notes ? notes.innerHTML : "");
  element("#notes").innerHTML = text;
  if (!speaker || speaker.closed) return;
  const next = slides[current + 1];
  speaker.document.querySelector("#notes").innerHTML = `<h2>${current}: ${title(slides[current])}</h2>${text}` +
    `<p class="next">next: ${next ? title(next) : "the end"}</p>`;
}

const title = (slide) => slide.querySelector("h1").textContent;

function forward() {
  if (begun === null) begun = Date.now();
  const hidden = slides[current].querySelector(".later:not(.seen)");
  if (hidden) hidden.classList.add("seen");
  else show(current + 1);
}

function open_speaker() {
  speaker = open("", "speaker", "width=900,height=650");
  if (!speaker) return;
  speaker.document.title = "notes";
  speaker.document.documentElement.className = root.className;
  speaker.document.head.innerHTML = [...document.querySelectorAll("style")].map((style) => style.outerHTML).join("") +
    "<style>html { overflow: auto } #notes { display: block; position: static; max-height: none; border: 0; font-size: 24px } .next, #time { color: var(--faint) }</style>";
  speaker.document.body.innerHTML = '<p id="time" style="font-size: 40px; margin: 12px 28px"></p><div id="notes"></div>';
  speaker.onkeydown = onkeydown;
  show_notes();
}

setInterval(() => {
  if (!speaker || speaker.closed) return;
  const seconds = begun === null ? 0 : Math.floor((Date.now() - begun) / 1000);
  speaker.document.querySelector("#time").textContent =
    `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} (planned: ${planned() - minutes[current]} to ${planned()} min)`;
}, 500);

function dark(wanted) {
  root.classList.toggle("dark", wanted);
}

onkeydown = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const toggle = (name) => document.body.classList.toggle(name);
  const actions = {
    ArrowRight: forward, ArrowDown: forward, " ": forward, PageDown: forward,
    ArrowLeft: () => show(current - 1), ArrowUp: () => show(current - 1), PageUp: () => show(current - 1), Backspace: () => show(current - 1),
    Home: () => show(0), End: () => show(slides.length - 1),
    Enter: () => typed && show(Number(typed)),
    n: () => { toggle("with-notes"); scale(); }, s: open_speaker, o: () => toggle("overview"), "?": () => toggle("with-help"),
    d: () => dark(!root.classList.contains("dark")),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
    Escape: () => document.body.classList.remove("overview", "with-help"),
  };
  const action = actions[event.key];
  if (action) { event.preventDefault(); action(); }
  typed = /^[0-9]$/.test(event.key) ? typed + event.key : "";
};

slides.forEach((slide, i) => slide.addEventListener("click", () => {
  if (!document.body.classList.contains("overview")) return;
  document.body.classList.remove("overview");
  show(i);
}));
addEventListener("resize", scale);
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) || 0));
addEventListener("beforeprint", () => slides.forEach((slide) => { slide.classList.add("shown"); fit(slide); }));
addEventListener("afterprint", () => show(current));

element("#help").textContent = keys.trim();
dark(matchMedia("(prefers-color-scheme: dark)").matches);
scale();
show(Number(location.hash.slice(1)) || 0);
