# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test BetweenGpus.Every*
s/  if (step.chunk == 0 \&\& waits_late_ \&\& !training) device_.synchronize();.*//
