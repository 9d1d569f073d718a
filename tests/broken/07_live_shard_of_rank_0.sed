# chapters/07_sharded_optimizer/live.cpp 07_sharded_optimizer_live_test LiveMemory.IsThatOfTheNativeFormulas
s|of_ranks.push_back(footprint(rank))|of_ranks.push_back(footprint(0))|
