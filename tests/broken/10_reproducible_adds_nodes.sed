# chapters/10_hybrid/sharded_update.h 10_hybrid_test TwoLevels.Keep*
s/return !nodes_.empty() \&\& !reproducible_;/return !nodes_.empty();/
