# chapters/08_layer_splitting/pipeline_head.h 08_layer_splitting_gpus_test BetweenGpus.WhereOne*
s/keeps_losses() const { return false; }/keeps_losses() const { return true; }/
