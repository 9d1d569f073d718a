# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchHides*
s/if (options_.prefetch \&\& u + 1 < shards_.units.size())/if (options_.prefetch \&\& u + 99 < shards_.units.size())/
