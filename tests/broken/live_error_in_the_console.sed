# common/live/live.js live_in_firefox build/book/03_fast_kernels.html
s/oninput: redraw, /oninput: () => { redraw(); redraws(); }, /
