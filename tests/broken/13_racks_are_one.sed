# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.RacksShare*
s,const int rack = card / cluster_.cards_per_node / rack_;,const int rack = 0;,
