# chapters/10_hybrid/sharded_update.cpp 11_fewer_bits_grid_test Gradients.*
s/    if (term.rank != rank_) ++received;/    if (term.rank < 0) ++received;/
