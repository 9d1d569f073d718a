# chapters/03_fast_kernels/matmul_16_stages.cu 03_fast_kernels_products_test *Rounded*
s/first_p + p, rows, k);/first_p + p, rows + 1, k);/
