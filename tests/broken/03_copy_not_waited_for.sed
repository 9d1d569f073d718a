# chapters/03_fast_kernels/double_buffer.cuh 03_fast_kernels_products_test *Step7*
s|__pipeline_wait_prior(0);|__pipeline_wait_prior(1);|
