# chapters/11_fewer_bits/gpu_product.cu 11_fewer_bits_gpu_test *OnGpu.Computes*
s/gather(gathered_b, b.transposed(), n, k, stream);/gather(gathered_b, b, n, k, stream);/
