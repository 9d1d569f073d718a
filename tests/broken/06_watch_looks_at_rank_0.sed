# chapters/06_data_parallel/replicas.cpp 06_data_parallel_test Replicas.*
s|if (hashes\[rank\] != usual)|if (hashes[0] != usual)|
