# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_buckets_test Buckets.AndOverlap*
s|layers\[size_t(layer)\].range().first|layers[size_t(layer > 0 ? layer - 1 : 0)].range().first|
