# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.PrintsItsRounds
s/median(r.latency), quantile(r.latency, 0), quantile(r.latency, 1))/median(r.latency), quantile(r.latency, 0), quantile(r.latency, 0.75))/
