# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.*
s/^  o.watch = 0;$//
