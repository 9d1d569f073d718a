# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_test EveryAllreduce.*
s|if (rows.empty() && !later) device_.fill|if (false) device_.fill|
