# chapters/05_collectives/reduce_scatter.cpp 05_collectives_nodes_test TwoLevelHalves.BeginWithTheRight*
/rank_order(/,/^}/s|const int to = (rank + step) % ranks;|const int to = step - (step <= rank);|
