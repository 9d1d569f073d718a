# chapters/06_data_parallel/rank_order_in_background.cpp 06_data_parallel_buckets_test *AheadOfTheNext
s/tag_(2 \* number)/tag_(number)/
