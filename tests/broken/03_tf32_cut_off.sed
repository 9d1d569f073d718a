# chapters/03_fast_kernels/matmul_15_tensor_cores.cu 03_fast_kernels_products_test FastTest.TensorCores*
s|return wmma::__float_to_tf32(x);|return x;|
