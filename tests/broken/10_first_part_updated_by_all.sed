# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Stays*
s/step(parameters_ + shards_.part(u, rank_).first, add_up(u))/step(parameters_ + shards_.units[u].range.first, add_up(u))/
