# chapters/13_scaling/topology.cpp 13_scaling_engine_test Flows.OfANodeShareItsCards
s/slot_of(rank) % cluster_.ranks_per_node % cluster_.cards_per_node;/0 * rank;/
