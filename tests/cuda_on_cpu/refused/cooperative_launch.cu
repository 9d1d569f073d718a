// expect: cudaLaunchCooperativeKernel is not part of cuda_on_cpu
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f(void** arguments) {
  cudaLaunchCooperativeKernel((void*)k, dim3(1), dim3(1), arguments, 0, nullptr);
}
