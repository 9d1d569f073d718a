# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.RanksStand*
s/return cluster_.round_robin ? .*;/return rank;/
