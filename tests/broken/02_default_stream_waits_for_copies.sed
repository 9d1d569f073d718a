# chapters/02_cuda/cuda_device.cu 02_cuda_attributes_test Streams.*
s/(&copy_stream_, cudaStreamNonBlocking)/(\&copy_stream_, cudaStreamDefault)/
