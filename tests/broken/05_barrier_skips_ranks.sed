# chapters/05_collectives/barrier.cpp 05_collectives_nodes_test Barrier.*
s/distance \*= 2/distance *= 4/
