# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_pool_test FastTest.*
s/^  while (!keep \&\& !idle_.empty()) give_back(idle_.begin());//
