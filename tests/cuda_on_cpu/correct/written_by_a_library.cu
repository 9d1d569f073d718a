#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// A library that takes pointers to a GPU's memory, as some MPI does, writes there without a call of CUDA: here the kernel's read() plays it.
__global__ void twice(unsigned short* p) { p[threadIdx.x] = static_cast<unsigned short>(2 * p[threadIdx.x]); }

int main() {
  int ends[2];
  unsigned short numbers[9], *p;
  for (int i = 0; i < 9; ++i) numbers[i] = static_cast<unsigned short>(255 * i + 1);
  REQUIRE(pipe(ends) == 0 && write(ends[1], numbers, sizeof numbers) == sizeof numbers);
  OK(cudaMalloc(&p, sizeof numbers));
  REQUIRE(read(ends[0], p, sizeof numbers) == sizeof numbers);
  twice<<<1, 9>>>(p);
  OK(cudaGetLastError());
  OK(cudaMemcpy(numbers, p, sizeof numbers, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 9; ++i) REQUIRE(numbers[i] == 2 * (255 * i + 1));
  OK(cudaFree(p));
}
