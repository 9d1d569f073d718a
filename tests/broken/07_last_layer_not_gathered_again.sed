# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|weights_are_sharded \&\& needs_weights) gather|weights_are_sharded \&\& needs_weights \&\& !is_first(l)) gather|
