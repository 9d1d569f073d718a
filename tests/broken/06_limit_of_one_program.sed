# chapters/06_data_parallel/interleaved.cpp 06_data_parallel_tables_test Bench.PrintsWhatTheClockSays
s/time_serial(serial, steps, true, share))/time_serial(serial, steps, mpi.rank() == 0, share))/
