# chapters/08_layer_splitting/live.js 08_layer_splitting_live_test LiveSchedules.AreThose*
s/marked: 1 + rows/marked: rows/
