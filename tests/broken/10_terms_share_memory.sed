# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test Reproducible.Data*
s/^    ++received;$//
