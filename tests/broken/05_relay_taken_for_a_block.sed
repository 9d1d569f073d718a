# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.TwoGatheringsMay*
s|constexpr int relay_tag = collective_tag + 1;|constexpr int relay_tag = collective_tag;|
