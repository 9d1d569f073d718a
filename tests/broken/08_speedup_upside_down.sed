# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.Prints*
s|serial / s.seconds.back()|s.seconds.back() / serial|
