# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.HasTheProducts*
s/p.gflop() \/ \*std::rbegin(s.step)/p.gflop() \/ *std::begin(s.step)/
