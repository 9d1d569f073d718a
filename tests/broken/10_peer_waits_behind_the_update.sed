# chapters/10_hybrid/sharded_update.cpp 10_hybrid_gpus_test BetweenGpus.Costs*
s/^  if (between_gpus()) return gather_between_gpus();/  if (between_gpus()) device_.synchronize();\n&/
