# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_recompute_test Recompute.HasTheBits*
s/ \&\& next % 2 != u % 2//
