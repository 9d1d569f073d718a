# chapters/07_sharded_optimizer/footprint.cpp 07_sharded_optimizer_recompute_test Recompute.*
s/ + gathered_again(shards, options.recompute, rank)//
