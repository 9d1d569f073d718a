# chapters/10_hybrid/sharded_update.cpp 10_hybrid_gpus_test BetweenGpus.Costs*
s/    if (!pipeline_.waits_late()) device_.synchronize();/    device_.synchronize();/
