# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|options_.level < 3 ? part(u).first :|options_.level < 3 ? shards_.part(u, (rank_ + 1) % ranks_).first :|
