# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.*
s/median(s.speedup), quantile(s.speedup, 0.25), quantile(s.speedup, 0.75));/median(s.speedup), quantile(s.speedup, 0.75), quantile(s.speedup, 0.25));/
