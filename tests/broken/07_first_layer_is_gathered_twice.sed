# chapters/07_sharded_optimizer/prefetch.cpp 07_sharded_optimizer_measuring_test Prefetch.*
s/(first.last_layer == 1 ? /(first.last_layer == 0 ? /
