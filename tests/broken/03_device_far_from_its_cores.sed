# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_cores_test WithDriver.ADevice*
s|  stay_near_gpu(local_rank, gpus);.*||
