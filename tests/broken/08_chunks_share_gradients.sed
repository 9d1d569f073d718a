# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|gradients + layout.offsets\[i\], space|gradients, space|
