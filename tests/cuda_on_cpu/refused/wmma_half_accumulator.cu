// expect: cuda_on_cpu offers float accumulators only
#include <cuda_runtime.h>

#include <mma.h>
__global__ void k() {
  nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, half> sum;
  (void)sum;
}
