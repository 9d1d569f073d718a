# chapters/06_data_parallel/bench.cpp 06_data_parallel_settings_test Settings.OfTheBenchmark*
s/^  o.overlap = true;//
