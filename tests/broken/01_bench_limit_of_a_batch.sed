# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.PrintsWhat*
s|peak / gflop \* batch, 100 \* rate / (peak / gflop \* batch));|peak / gflop * batch, 100 * rate / (peak / gflop));|
