# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_nodes_test TwoLevels.GiveTheBits*
s/^  if (!first_round_) device_.add(total, sum, n);/  if (ranks_ > 99) device_.add(total, sum, n);/
