# chapters/11_fewer_bits/gpu_product.cu 11_fewer_bits_gpu_test *HasTheKernels*
s/if (m == 0 || n == 0) return;/if (m == 0 \&\& n == 0) return;/
