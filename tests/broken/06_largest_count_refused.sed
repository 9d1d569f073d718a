# chapters/06_data_parallel/background_allreduce.cpp 06_data_parallel_buckets_test BackgroundAllreduce.Refuses*
s/if (n > INT_MAX)/if (n >= INT_MAX)/
