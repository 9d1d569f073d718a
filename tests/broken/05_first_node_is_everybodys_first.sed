# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.BeginWithTheRight*
s|push_back((node + other) % int(nodes.ranks.size()))|push_back(other - (other <= node))|
