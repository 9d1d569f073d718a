# chapters/06_data_parallel/rank_order_in_background.cpp 06_data_parallel_buckets_test BackgroundAllreduce.Begins*
s/return (rank_ + step) % blocks_.ranks;/return step <= rank_ ? step - 1 : step;/
