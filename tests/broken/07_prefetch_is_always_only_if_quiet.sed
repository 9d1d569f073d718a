# chapters/07_sharded_optimizer/prefetch.cpp 07_sharded_optimizer_measuring_test Prefetch.TellsWhichPartIsHidden
s/only_if_quiet = false/only_if_quiet = true/
