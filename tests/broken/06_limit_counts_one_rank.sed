# chapters/06_data_parallel/interleaved.cpp 06_data_parallel_tables_test Bench.PrintsWhatTheClockSays
s/mpi.size() \* result.serial.back()/result.serial.back()/
