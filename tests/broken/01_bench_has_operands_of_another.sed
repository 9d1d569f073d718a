# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.MeasuresEachStep*
s/p\.b_transposed ? row_major(b/p.a_transposed ? row_major(b/
