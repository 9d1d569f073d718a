# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PrefetchesTheNext*
s/^    if (options_.prefetch \&\& u > 0 \&\& needs_weights(u - 1)) begin_gathering(u - 1);/    if (options_.prefetch \&\& u > 0 \&\& needs_weights(u - 1)) { begin_gathering(u - 1); gathered(u - 1).messages.inside.wait(); }/
