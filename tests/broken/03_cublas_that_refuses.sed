# chapters/03_fast_kernels/cublas.cpp 03_fast_kernels_programs_test Yardstick.*
s/ || create(&handle_) != 0) handle_ = nullptr;/ || create(\&handle_) < 0) handle_ = nullptr;/
