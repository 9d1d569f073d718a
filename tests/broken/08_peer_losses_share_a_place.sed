# chapters/08_layer_splitting/pipeline_between_gpus.cpp 08_layer_splitting_gpus_test BetweenGpus.*
s/(device_, rows_, schedule_.micro_batches)/(device_, rows_, 1)/
