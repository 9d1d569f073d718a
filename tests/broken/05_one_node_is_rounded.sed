# chapters/05_collectives/two_level_halves.cpp 11_fewer_bits_grid_test Gradients.OfNodes*
s/nodes.ranks.size() > 1 ? \&between : nullptr/\&between/
