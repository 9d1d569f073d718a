# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_footprint_test Footprint.*
s|if (is_last(l)) free_weights|if (is_last(l) \&\& l == mlp_.depth() - 1) free_weights|
