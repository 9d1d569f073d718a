// expect: ~:8: uninitialised read: 18 bytes into 20 bytes of device memory allocated at ~:15
// build: check
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// As correct/written_by_a_library.cu, with one thread too many: half of a word was written.
__global__ void twice(unsigned short* p) { p[threadIdx.x] = static_cast<unsigned short>(2 * p[threadIdx.x]); }

int main() {
  int ends[2];
  unsigned short numbers[10] = {}, *p;
  REQUIRE(pipe(ends) == 0 && write(ends[1], numbers, 18) == 18);

  OK(cudaMalloc(&p, sizeof numbers));
  REQUIRE(read(ends[0], p, 18) == 18);
  twice<<<1, 10>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
