# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test BetweenGpus.Costs*
s/  if (!waits_late_) device_.synchronize();/  device_.synchronize();/
