# chapters/06_data_parallel/buckets.h 06_data_parallel_buckets_test Buckets.AndOverlap*
s|last > 0; last =|last > length; last =|
