# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *OnGpu.HasTheKernels*
s/stored(p) || gpu_.product_rounds/stored(p)/
