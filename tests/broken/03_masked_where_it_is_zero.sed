# chapters/03_fast_kernels/masked_product.cu 03_fast_kernels_masked_test *AMasked*
s/return mask > 0 ?/return mask >= 0 ?/
