// expect: cudaMallocManaged is not part of cuda_on_cpu
#include <cuda_runtime.h>

void f() {
  float* p;
  cudaMallocManaged(&p, 4);
}
