# chapters/11_fewer_bits/sharded.cpp 11_fewer_bits_ranks_test Sharded.*
s/, .keep_every = int(z.recompute)};/};/
