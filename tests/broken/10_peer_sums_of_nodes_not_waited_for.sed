# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.InTwoLevels*
s/^  device_.end_copy_out(node_sums_, next);/  device_.end_copy_in(node_sums_, next);/
