# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.EventsServe*
s|^  CUDA_CHECK(cudaStreamDestroy(copy_stream_));||
