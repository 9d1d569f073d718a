// expect: cooperative_groups is not part of cuda_on_cpu
#include <cuda_runtime.h>

#include <cooperative_groups.h>
