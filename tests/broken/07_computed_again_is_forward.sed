# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_recompute_test Recompute.Sends*
s/goes_back_ = l > 0;/goes_back_ = false;/
