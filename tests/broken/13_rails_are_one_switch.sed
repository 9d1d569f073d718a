# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.RailsAre*
s/switches_of_rack_(c.rails ? c.cards_per_node : 1)/switches_of_rack_(1)/
