# chapters/07_sharded_optimizer/live.cpp 07_sharded_optimizer_live_test LiveMemory.IsThatOfTheNativeFormulas
s|reduce + r + " · (2|reduce + "1 · (2|
