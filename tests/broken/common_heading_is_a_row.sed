# common/live/live.js common_live_figures_test LivePage.*
s/shape(i ? "td" : "th", {}/shape("td", {}/
