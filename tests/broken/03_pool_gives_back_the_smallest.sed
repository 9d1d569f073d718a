# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_pool_test FastTest.ThePoolGivesBack*
s/if (!idle_.empty()) give_back(std::prev(idle_.end()));/if (!idle_.empty()) give_back(idle_.begin());/
