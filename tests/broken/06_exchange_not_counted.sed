# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_buckets_test ExchangeTime.*
/allreduce_.function(/{n;s|time_.exchanging += timer.seconds();||;}
