# chapters/05_collectives/table.cpp 05_collectives_test Table.*
s/{"bruck", allgather_bruck}/{"bruck", allgather_ring}/
