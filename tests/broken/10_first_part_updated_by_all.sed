# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Stays*
s/step(parameters_ + shards_.part(l, rank_).first, add_up(l))/step(parameters_ + shards_.units[l].range.first, add_up(l))/
