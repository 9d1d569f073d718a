# chapters/06_data_parallel/host_exchange.cpp 06_data_parallel_gpus_test *ChunksHave*/late
s|std::min(first + most, bucket.last)|std::min(first + most, buckets[0].last)|
