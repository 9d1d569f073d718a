# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_host_test ThroughTheHost*
s/^    device_.begin_copy_out(place, own.size());/    device_.synchronize(), device_.begin_copy_out(place, own.size());/
