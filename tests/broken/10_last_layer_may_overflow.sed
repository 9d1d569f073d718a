# chapters/10_hybrid/sharded_update.cpp 12_restart_precision_test Scale.IsAgreed*
s/for (size_t l = 0; l < sums_.size(); ++l) all = all \&\&/for (size_t l = 0; l + 1 < sums_.size(); ++l) all = all \&\&/
