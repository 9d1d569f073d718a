# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test WithDriver.*
s/ || init(0) != 0 || get_count/ || get_count/
