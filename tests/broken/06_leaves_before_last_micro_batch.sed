# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_test Accumulation.*
s|if (!last_micro_batch_) return;.*||
