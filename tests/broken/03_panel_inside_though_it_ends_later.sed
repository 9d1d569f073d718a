# chapters/03_fast_kernels/double_buffer.cuh 03_fast_kernels_products_test *WideToTheEdge/*11*
s| && first_p + depth <= k;|;|
