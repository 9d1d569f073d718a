# common/live/live.js common_live_figures_test LivePage.*
s/i === marked ? ' class/i - 1 === marked ? ' class/
