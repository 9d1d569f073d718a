# chapters/05_collectives/nodes.cpp 05_collectives_nodes_test TwoLevelHalves.Send*
s/  std::vector<int> known;/  std::vector<int> known; std::vector<int> alone(names.size()); std::iota(alone.begin(), alone.end(), 0); names = alone;/
