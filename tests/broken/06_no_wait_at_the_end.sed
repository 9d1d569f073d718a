# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_buckets_test Buckets.AndOverlap*
s|under_way_\[b\]->wait();||
