# chapters/08_layer_splitting/live.js 08_layer_splitting_live_test LiveSchedules.Show*
s/set.follow !== micro_batch ?/set.follow === micro_batch ?/
