# chapters/05_collectives/nodes.cpp 05_collectives_nodes_test TwoLevelHalves.Need*
s|(here + 1) \* nodes|here * nodes|
