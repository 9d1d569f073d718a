# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.RacksShare*
s, / c.oversubscription,,
