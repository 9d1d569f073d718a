# chapters/02_cuda/cuda_device.cu 02_cuda_attributes_test Streams.*
s/(&stream_, cudaStreamNonBlocking)/(\&stream_, cudaStreamDefault)/
