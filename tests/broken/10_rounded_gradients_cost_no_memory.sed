# chapters/10_hybrid/grid_footprint.cpp 11_fewer_bits_grid_test Gradients.*
s/exchange = (others + 1) \/ 2 + (own + 1) \/ 2;/exchange = (others + 1) \/ 2;/
