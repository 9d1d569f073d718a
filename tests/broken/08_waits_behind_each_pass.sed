# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test *WaitsForMessages*
/^void Pipeline::forward/,/^}/s/^  time_.computing += /  device_.synchronize();\n&/
