# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_host_test ThroughTheHost*
s/^  } else if (operands_are_read_) {/  } else if (ranks_ > 99) {/
