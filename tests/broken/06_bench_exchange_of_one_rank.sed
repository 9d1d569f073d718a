# chapters/06_data_parallel/interleaved.cpp 06_data_parallel_tables_test Bench.PrintsWhatTheClockSays
s|mean_over_ranks(median(exchanging), ranks)|median(exchanging)|
