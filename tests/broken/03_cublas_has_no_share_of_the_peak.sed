# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test Yardstick.CallsCublas*
s/Row row{"cuBLAS", {}, true}/Row row{"cuBLAS", {}, false}/
