# chapters/02_cuda/vectors.cu 02_cuda_test CudaTest.ALaunchThatIsRefused*
/^  fill_kernel<<</{n;s|CUDA_CHECK(cudaGetLastError());|;|;}
