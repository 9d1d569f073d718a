# common/live/live.js common_live_figures_test LivePage.*
s/^  drawing.onpointerleave = .*/  drawing.onpointerleave = () => { before = null; };/
