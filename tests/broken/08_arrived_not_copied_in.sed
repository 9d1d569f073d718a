# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test Pipeline.*OnCuda
s|device_.begin_copy_in(place.data, n);|(void)place;|
