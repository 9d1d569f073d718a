# chapters/08_layer_splitting/pipeline.cpp 10_hybrid_meanwhile_test Pipeline.*
s|^  device_.meanwhile = before;||
