# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_recompute_test Recompute.Sends*
s/ \&\& !gathered(next).begun//
