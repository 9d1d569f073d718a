# chapters/06_data_parallel/interleaved.cpp 06_data_parallel_buckets_test ExchangeTime.Alone*
s/begin(batches_\[0\], m)/begin({0, 0}, m)/
