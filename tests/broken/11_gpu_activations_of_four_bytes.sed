# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *OnGpu.Rounds*
s/buffer(\*this, (n + 1) \/ 2, /buffer(*this, n, /
