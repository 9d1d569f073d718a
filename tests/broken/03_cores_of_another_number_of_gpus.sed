# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test WithDriver.ADevice*
s/  if (near.size() != size_t(gpus)) return;//
