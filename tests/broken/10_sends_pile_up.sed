# chapters/10_hybrid/sharded_update.cpp 10_hybrid_meanwhile_test Grid.*
s/^  sends_.clear();$/  ;/
