# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchesTheNext*
s/^    if (options_.prefetch) gather_ahead(next_going_back(u));/& if (options_.prefetch) gathered(next_going_back(u)).messages.inside.wait();/
