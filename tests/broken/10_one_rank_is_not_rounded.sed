# chapters/10_hybrid/sharded_update.cpp 11_fewer_bits_grid_test Gradients.*
s/format_(ranks_ > 1 || reproducible ? format/format_(ranks_ > 1 ? format/
