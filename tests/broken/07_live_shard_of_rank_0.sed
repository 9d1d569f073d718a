# chapters/07_sharded_optimizer/live.cpp 07_sharded_optimizer_live_test LiveMemory.IsThatOfTheNativeFormulas
s|setting.options, setting.state, rank)));|setting.options, setting.state, 0)));|
