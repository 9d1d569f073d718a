# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.WhereOne*
s/^  if (!opened) return close();/  if (!opened) throw exchange;/
