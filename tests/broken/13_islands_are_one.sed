# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.IslandsShare*
s/island_of(from), island_of(to))/island_of(from), island_of(from))/
