# chapters/08_layer_splitting/pipeline_options.cpp 08_layer_splitting_gpu_time_test Options.*
s/^  layers(sizes(train));/  ;/
