# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.ViewsMustBelong*
s/ || address + n \* sizeof(float) > (--found)->first + found->second.bytes)/ || (--found)->first > address)/
