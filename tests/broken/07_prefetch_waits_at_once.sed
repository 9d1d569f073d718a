# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchHides*
s/^      if (options_.prefetch) gather_ahead(goes_back_.*$/& if (options_.prefetch \&\& u + 1 < shards_.units.size()) gathered(u + 1).messages.inside.wait();/
