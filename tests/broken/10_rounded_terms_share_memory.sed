# chapters/10_hybrid/sharded_update.cpp 11_fewer_bits_grid_test Gradients.*
s/words(rounded_) + size_t(term.number) \* pipeline_.layout().count/words(rounded_)/
