# chapters/08_layer_splitting/stage_layout.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|all.data() + layout.whole\[c\].first);|all.data() + layout.offsets[c]);|
