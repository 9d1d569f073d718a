# chapters/06_data_parallel/bench.cpp 06_data_parallel_tables_test Bench.RefusesToMeasureNothing
s/^  require_samples(train, c.batch);$//
