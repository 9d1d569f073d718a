# chapters/06_data_parallel/host_exchange.cpp 06_data_parallel_buckets_test ExchangeTime.*
s|all.seconds() - exchanging|all.seconds()|
