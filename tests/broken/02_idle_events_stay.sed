# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.EventsServe*
s|^  for (cudaEvent_t event : idle_events_) CUDA_CHECK(cudaEventDestroy(event));||
