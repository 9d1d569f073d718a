# chapters/10_hybrid/grid_footprint.cpp 11_fewer_bits_grid_test Memory.*
s/^                                s.activation_bytes);/                                4);/
