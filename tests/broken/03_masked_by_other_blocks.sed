# chapters/03_fast_kernels/masked_product.cu 03_fast_kernels_masked_test FastTest.AMasked*
s/^  if (edge == 128) launch/  if (edge != 128) launch/
