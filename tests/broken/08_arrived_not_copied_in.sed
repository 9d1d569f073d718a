# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test Pipeline.*OnCuda
s|^    view.begin_in();|    ;|
