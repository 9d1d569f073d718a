# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test TwoLevels.Add*
s/device_.fill(own, 0, all.size());/;/
