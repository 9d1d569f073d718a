# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.SaysThatABatch*
s/^  require_samples(train, c.batch);//
