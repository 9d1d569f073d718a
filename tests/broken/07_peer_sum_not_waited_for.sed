# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_nodes_test BetweenGpus.EveryWay*
s|^  if (between_gpus()) gradients_window_->finish();$||
