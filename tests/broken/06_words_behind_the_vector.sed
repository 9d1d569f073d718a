# chapters/06_data_parallel/rank_order_in_background.cpp 06_data_parallel_buckets_test BackgroundAllreduce.Words*
s/length = std::min(piece, n - begin);/length = std::max(piece, n - begin);/
