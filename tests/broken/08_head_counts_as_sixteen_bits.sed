# chapters/08_layer_splitting/memory.cpp 11_fewer_bits_grid_test Memory.*
s/(has_head ? rows \* size_t(chunk.out()) : buffer(chunk.out()))/buffer(chunk.out())/
