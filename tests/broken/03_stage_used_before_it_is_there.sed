# chapters/03_fast_kernels/matmul_16_stages.cu 03_fast_kernels_products_test *Stages*
s/__pipeline_wait_prior(stages - 2)/__pipeline_wait_prior(stages - 1)/
