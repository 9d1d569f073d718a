# chapters/10_hybrid/grid_footprint.cpp 11_fewer_bits_grid_test Gradients.OfNodesAreR*
s/(s.reproducible || (shape.data > 1 \&\& !s.two_level))/(!s.two_level \&\& (s.reproducible || shape.data > 1))/
