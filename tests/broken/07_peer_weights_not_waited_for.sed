# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_nodes_test BetweenGpus.EveryWay*
s/if (g.window) return g.window->finish();/if (g.window) return;/
