# chapters/03_fast_kernels/optimizers.cu 03_fast_kernels_test FastTest.VectorsAndOptimizers
s/+ epsilon)/+ 0 * epsilon)/
