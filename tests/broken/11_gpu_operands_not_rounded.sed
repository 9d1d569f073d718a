# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *OnGpu.Rounds*
s/  gpu_.round(values, p, n, stream());/  FastCudaDevice::copy(values, p, n);/
