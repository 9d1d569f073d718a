# chapters/07_sharded_optimizer/zero_between_gpus.cpp 07_sharded_optimizer_nodes_test BetweenGpus.EveryWay*
s/first_round_ ? Write::overwrite : Write::accumulate/Write::overwrite/
