# chapters/03_fast_kernels/matmul_16_stages.cu check/03_fast_kernels_products_test *StagesForAny*
s/^    __syncthreads();                    .. so have.*//
