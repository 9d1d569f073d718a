# chapters/08_layer_splitting/live.js 08_layer_splitting_live_test LiveSchedules.AreThoseOfTheNativeProgram
s|size = x_of(end) - x,|size = x_of(end) - left,|
