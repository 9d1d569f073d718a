# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_measuring_test Time.*
s/^  wait_for_sends();$/  ;/
