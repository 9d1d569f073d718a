# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.InTwoLevels*
s/if (exchange != "peer" \&\& open_between_gpus/if (open_between_gpus/
