# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test *TheCheckOfKernels*
s/masked.add(compare(on_gpu.result(), by_two));/masked.add(compare(by_two, by_two));/
