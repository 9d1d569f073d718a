# chapters/07_sharded_optimizer/live.cpp 07_sharded_optimizer_live_test LiveMemory.IsThatOfTheNativeFormulas
s|size_t(s.integer("bits")) / 8|4|
