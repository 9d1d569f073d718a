# chapters/07_sharded_optimizer/zero.h 07_sharded_optimizer_recompute_test Recompute.*
s/options_.prefetch ? unit % 2 : 0/options_.prefetch ? 0 * unit : 0/
