# chapters/08_layer_splitting/partition.cpp 08_layer_splitting_schedules_test Cuts.*
s/layer == 0 ? 2 : 3/layer == 0 ? 3 : 3/
