# chapters/05_collectives/reduce_scatter.cpp 05_collectives_cost_test ReduceScatter.HasRoom*
s|received = scratch(blocks.longest())|received = scratch(blocks.size(rank))|
