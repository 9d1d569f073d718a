# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.Add*
s/if (node\[size_t(place)\] == h.rank) return/if (place == 0) return/
