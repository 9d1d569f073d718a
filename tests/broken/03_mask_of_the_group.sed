# chapters/03_fast_kernels/masked_product.cu 03_fast_kernels_masked_test *AMasked*
s/, mask\[place + size_t(q)\]);/, mask[place]);/
