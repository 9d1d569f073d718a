# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|return {mlp.input(slot), size_t|return {mlp.input(0), size_t|
