# chapters/08_layer_splitting/pipeline_between_gpus.cpp 08_layer_splitting_gpus_test BetweenGpus.*
s/images_ + size_t(step.micro_batch) \*/images_ + 0 */
