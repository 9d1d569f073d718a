# chapters/08_layer_splitting/live.cpp 08_layer_splitting_live_test LiveSchedules.AreThoseOfTheNativeProgram
s|end <= moment) now|begin <= moment) now|
