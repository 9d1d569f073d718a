# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test Update.*
s|all = all \&\& all_finite(device_, sums_\[l\]|all = all_finite(device_, sums_[l]|
