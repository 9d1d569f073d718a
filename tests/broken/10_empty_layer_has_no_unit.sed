# chapters/10_hybrid/sharded_update.cpp 11_scaling_test Training.TensorRanks*
s/make_units(layout.chunks\[chunk\], 0)/make_units(layout.chunks[chunk], 1)/
