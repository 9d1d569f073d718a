# chapters/07_sharded_optimizer/prefetch.cpp 07_sharded_optimizer_measuring_test Prefetch.*
s/^  z\.prefetch = true;/  ;/
