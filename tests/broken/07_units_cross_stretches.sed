# chapters/07_sharded_optimizer/shards.cpp 07_sharded_optimizer_recompute_test Recompute.*
s/l == 0 || (keep_every > 1 \&\& l % keep_every == 0)/l == 0/
