# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchHides*
s/^      if (options_.prefetch) gather_ahead/      if (options_.prefetch \&\& ranks_ > 99) gather_ahead/
