# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.AGpuIsChosen*
/^CudaDevice::CudaDevice/,/^}/s|^  CUDA_CHECK(cudaSetDevice(index));||
