# chapters/07_sharded_optimizer/zero_between_gpus.cpp 07_sharded_optimizer_nodes_test BetweenGpus.IsRefused*
s/ \&\& !options_.format;/;/
