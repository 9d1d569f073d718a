# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchBelow*
s/options.prefetch \&\& options.level < 3/options.prefetch \&\& options.level < 2/
