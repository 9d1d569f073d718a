# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.InTwoLevels*
s/device_.end_copy_out(memory + ranges\[i\].first/device_.end_copy_in(memory + ranges[i].first/
