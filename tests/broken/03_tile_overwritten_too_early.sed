# chapters/03_fast_kernels/matmul_03_shared_tile.cu 03_fast_kernels_products_test *Step3*
s|__syncthreads();  // nobody needs them any more||
