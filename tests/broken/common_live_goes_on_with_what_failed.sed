# common/live/live.js 08_layer_splitting_live_test LiveSchedules.Refuse*
s/^      instance = null; .*/      ;/
