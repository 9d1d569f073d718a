# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test Cores.OfARank*
s/(round + 1) \* sharing > mine.size()/false/
