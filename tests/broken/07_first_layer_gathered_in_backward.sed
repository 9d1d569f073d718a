# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Footprint.*
s|const bool needs_weights = l > 0|const bool needs_weights = l >= 0|
