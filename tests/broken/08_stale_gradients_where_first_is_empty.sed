# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|Write write = m == batch.first ?|Write write = m == 0 ?|
