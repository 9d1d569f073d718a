# chapters/13_scaling/topology.cpp 13_scaling_clusters_test Topology.RailsAre*
s, \* c.cards_per_node / switches_of_rack_;, * c.cards_per_node;,
