# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.Prints*
s/^    optimizer_.step(parameters_, gradients_);$/    ;/
