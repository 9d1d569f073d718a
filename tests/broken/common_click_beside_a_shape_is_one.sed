# common/live/live.js common_live_figures_test LivePage.*
s/drawing.onclick = (event) => { if (pointed(event)) before = null; }/drawing.onclick = () => { before = null; }/
