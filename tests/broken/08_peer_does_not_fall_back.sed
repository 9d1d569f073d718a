# chapters/08_layer_splitting/pipeline_between_gpus.cpp 08_layer_splitting_gpus_test BetweenGpus.WhereOne*
s/    mailboxes_\[0\] = nullptr;/    throw;/
