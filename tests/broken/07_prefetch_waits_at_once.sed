# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchHides*
s/^      if (options_.prefetch \&\& u + 1 < shards_.units.size()) begin_gathering(u + 1);/      if (options_.prefetch \&\& u + 1 < shards_.units.size()) { begin_gathering(u + 1); gathered(u + 1).messages.inside.wait(); }/
