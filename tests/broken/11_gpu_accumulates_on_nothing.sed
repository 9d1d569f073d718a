# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *OnGpu.Computes*
s/size_t(in), how == Write::accumulate,/size_t(in), false,/
