# chapters/11_fewer_bits/train.cpp 11_fewer_bits_ranks_test Train.*
s/parameters, layout.count, o.seed);/parameters, layout.count, 1);/
