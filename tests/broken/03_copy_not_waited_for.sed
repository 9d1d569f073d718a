# chapters/03_fast_kernels/matmul_6_double_buffer.cu 03_fast_kernels_test *Step6*
s|__pipeline_wait_prior(1);|__pipeline_wait_prior(2);|
