# chapters/05_collectives/two_level_halves.cpp 11_fewer_bits_grid_test Gradients.OfNodes*
s/^    format->widen(node_sums, own_words.data(), row);/    ;/
