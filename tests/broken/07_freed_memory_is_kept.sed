# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_host_test *ThePool*
s|^  keep_freed_memory(false);||
