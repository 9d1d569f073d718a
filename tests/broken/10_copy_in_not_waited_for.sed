# chapters/02_cuda/cuda_device.cu 10_programs_test Programs.EveryGridOfTwoRanksAgreesWithTheSerialRunOnCuda
s/CUDA_CHECK(cudaStreamWaitEvent(stream_, copied, 0));/(void)copied;/
