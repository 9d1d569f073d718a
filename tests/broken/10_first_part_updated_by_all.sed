# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Stays*
s/step(parameters_ + part.first, sums_\[l\])/step(parameters_ + shards_.units[l].range.first, sums_[l])/
