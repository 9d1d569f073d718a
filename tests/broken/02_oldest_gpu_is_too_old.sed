# chapters/02_cuda/cuda_device.cu 02_cuda_test Capability.*
s/minor < oldest_capability/minor <= oldest_capability/
