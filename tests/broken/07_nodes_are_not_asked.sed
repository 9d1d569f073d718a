# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_nodes_test TwoLevels.*
s/: make_nodes(options.nodes);/: make_nodes(std::vector<int>(size_t(ranks_)));/
