# chapters/03_fast_kernels/matmul_16_stages.cu 03_fast_kernels_products_test *Finished*Step16*
s/finished(second, column + 1, finish)/finished(second, column, finish)/
