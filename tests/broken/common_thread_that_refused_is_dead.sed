# common/live/live.js common_live_figures_test LivePage.*
s/(last = last.catch(() => {}).then/(last = last.then/
