# chapters/05_collectives/reduce.cpp 05_collectives_cost_test Reduce.HasRoom*
s/const size_t longest = std::min(n, chain_segment);/const size_t longest = std::max(n, chain_segment);/
