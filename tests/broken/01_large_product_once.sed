# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.RepeatsAProduct*
s/std::clamp(int(2 \/ p.gflop()), 11, 301)/std::clamp(int(2 \/ p.gflop()), 1, 301)/
