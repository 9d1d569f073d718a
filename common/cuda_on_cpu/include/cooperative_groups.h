#error "cooperative_groups is not part of cuda_on_cpu: use __syncthreads, __syncwarp and the __shfl_*_sync functions"
