# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_test *MakeDevice*
s/return std::make_unique<FastCudaDevice>(local_rank/return std::make_unique<CudaDevice>(local_rank/
