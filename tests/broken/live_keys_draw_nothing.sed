# common/live/live.js live_in_firefox build/book/08_layer_splitting.html
s/Object.assign(form, { oninput: redraw, /Object.assign(form, { /
