# common/live/live.js common_live_figures_test LivePage.*
s/replace(\/\[&<>"\]\/g/replace(\/[\&<>]\/g/
