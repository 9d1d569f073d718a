# chapters/10_hybrid/sharded_update.cpp 11_fewer_bits_grid_test Gradients.OfNodes*
s/  if (format_) reduce_scatter_two_level/  if (false) reduce_scatter_two_level/
