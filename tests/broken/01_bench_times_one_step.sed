# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.MeasuresEachStep*
s/matmul_steps\[s\]\.matmul(c/matmul_steps[0].matmul(c/
