# chapters/08_layer_splitting/live.js 08_layer_splitting_live_test LiveSchedules.Show*
s/\["dw", "var(--green)"\]/["dw", "var(--orange)"]/
