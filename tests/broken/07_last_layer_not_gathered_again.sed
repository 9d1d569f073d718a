# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s/weights_are_sharded \&\& needs_weights(u)) gather/weights_are_sharded \&\& needs_weights(u) \&\& !is_first(l)) gather/
