# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.ACopyInWaits*
s|^  copy_stream_waits();  // operations queued.*||
