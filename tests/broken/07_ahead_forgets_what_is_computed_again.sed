# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_recompute_test Recompute.HasTheBits*
s/const bool again = keep_every > 1 \&\& first % keep_every == 0;/const bool again = keep_every > 99;/
