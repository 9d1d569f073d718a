# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.Views*
s|^  copy_stream_waits();$||
