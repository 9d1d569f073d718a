# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.Prints*
s/for (int64_t micro_batches : {1, 8}) {/for (int64_t micro_batches : {1, 1}) {/
