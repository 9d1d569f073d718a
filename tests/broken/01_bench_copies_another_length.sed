# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.PrintsWhatTheClockSaysWithoutOpenBlas
s/measure_copy_bandwidth(256 << 10)/measure_copy_bandwidth(256 << 11)/
