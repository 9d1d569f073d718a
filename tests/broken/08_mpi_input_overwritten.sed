# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpus_test BetweenGpus.*
s|^  if (by_mpi()) wait_for_gpu();  // or it.*||
