# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *OnGpu.HasViews*
/end_copy_in(values, n);/{n;s/  gpu_.narrow(.*/  ;/;}
