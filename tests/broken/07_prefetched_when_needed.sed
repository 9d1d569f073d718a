# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchesTheNext*
s/if (options_.prefetch \&\& u > 0 \&\& needs/if (options_.prefetch \&\& u > 99 \&\& needs/
