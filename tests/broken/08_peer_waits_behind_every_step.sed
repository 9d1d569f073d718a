# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test BetweenGpus.Costs*
s/^  if (!weights) return;/  if (waits_late_) device_.synchronize();\n&/
