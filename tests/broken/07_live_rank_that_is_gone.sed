# chapters/07_sharded_optimizer/live.cpp 07_sharded_optimizer_live_test LiveMemory.ShowsTheLast*
s/shards.ranks - 1)/shards.ranks - 0)/
