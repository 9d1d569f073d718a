# chapters/06_data_parallel/data_parallel_options.cpp 06_data_parallel_test Rows.OfAll*
s|(rows + ranks - 1) / ranks|rows|
