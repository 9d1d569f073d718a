# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test WithDriver.Gpus*
s/char(std::tolower(c))/char(c)/
