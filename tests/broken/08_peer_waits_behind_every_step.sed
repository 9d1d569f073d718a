# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test BetweenGpus.Costs*
s/  if (!between_gpus()) device_.synchronize();/  device_.synchronize();/
