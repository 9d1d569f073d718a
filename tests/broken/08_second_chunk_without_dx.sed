# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|.input_gradient = chunk > 0,|.input_gradient = stage_ > 0,|
