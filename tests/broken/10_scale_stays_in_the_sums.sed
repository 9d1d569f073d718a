# chapters/10_hybrid/sharded_update.cpp 12_restart_precision_test Scale.Changes*
s/l < sums_.size() \&\& scale != 1; ++l)/l + 1 < sums_.size() \&\& scale != 1; ++l)/
