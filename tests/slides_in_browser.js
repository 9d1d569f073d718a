// Appended to a deck or a page of the book by tests/slides_in_browser: writes what it finds into the document.
"use strict";
(() => {
  const smallest_letter = 14; // pixels on a slide 720 high
  const found = [];

  // What lies outside of `slide`, is hidden behind a scroll bar, or is too small to read.
  function look_at(slide, number) {
    const frame = slide.getBoundingClientRect();
    const factor = frame.width / 1280;
    const complain = (what, e) => found.push(`slide ${number}: ${what}: <${e.localName}> ${(e.alt || e.textContent).trim().slice(0, 60)}`.replace(/\s+/g, " "));
    for (const e of slide.querySelectorAll("*")) {
      if (e.closest(".notes, footer") || e.parentElement.closest("math")) continue;
      const box = e.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const over = Math.max(box.right - frame.right, frame.left - box.left, box.bottom - frame.bottom + 40 * factor, frame.top - box.top);
      if (over > 1) { complain(`${Math.round(over / factor)} pixels outside`, e); break; }
      if (/^(pre|table|div|p|li)$/.test(e.localName) && e.scrollWidth > e.clientWidth + 1) complain("wider than its place", e);
      if (/^(pre|p|li|td|th)$/.test(e.localName) && parseFloat(getComputedStyle(e).fontSize) < smallest_letter)
        complain(`letters of ${getComputedStyle(e).fontSize}`, e);
      if (e.localName === "img" && Math.min(box.width, box.height) < 150 * factor) complain("a small picture", e);
    }
  }

  function look() {
    for (const image of document.images) if (!image.naturalWidth) found.push(`no picture: ${image.alt}`);
    const deck = typeof slides !== "undefined";
    if (deck) {
      for (const e of document.querySelectorAll(".later")) e.classList.add("seen");
      slides.forEach((slide, i) => { show(i); look_at(slide, i); });
    } else if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
    const verdict = document.createElement("pre");
    verdict.id = "verdict";
    verdict.textContent = `\n${found.join("\n")}\nlooked at ${deck ? slides.length + " slides" : "a page"}\n`;
    document.body.append(verdict);
  }
  addEventListener("load", look);
})();
