# chapters/10_hybrid/bench.cpp 10_hybrid_measuring_test Bench.*
s/^  if (!machine.between.exchanges.empty()) machine.ranks_of_node = mpi.node_size();$/  ;/
