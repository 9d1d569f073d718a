# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_footprint_test Footprint.*
s/last_layer > 1 ||/last_layer > 0 ||/
