# chapters/08_layer_splitting/live.js common_live_figures_test LiveFigures.OfASchedule
s/last: (out, set) => set.micro_batches - 1/last: (out, set) => set.micro_batches/
