# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test BetweenGpus.Every*
s/  if (step.chunk == 0 \&\& waits_late_ \&\& !training) device_.synchronize();.*//
