# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.BeginWithTheRight*
s|result.push_back(group\[(place + step) % group.size()\])|result.push_back(group[step - (step <= place)])|
