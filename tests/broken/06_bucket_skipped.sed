# chapters/06_data_parallel/buckets.h 06_data_parallel_test Buckets.AndOverlap*:Accumulation.*
s|last > 0; last =|last > length; last =|
