# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.InTwoLevels*
s/(node == here ? own_sum : from_node(node))/(node == 0 ? own_sum : from_node((here + node) % nodes))/
