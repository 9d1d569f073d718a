# chapters/02_cuda/cuda_device.cu 02_cuda_programs_test Sources.*
s/^  CUDA_CHECK(error);//
