# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test Cores.AreRead*
s/return value < CPU_SETSIZE ? value/return value <= CPU_SETSIZE ? value/
