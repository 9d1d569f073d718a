// The largest grids and blocks in each direction run, and those larger by one are refused, as are those of nothing.
#include "tests/cuda_on_cpu/require.h"

__global__ void nothing() {}

void expect(dim3 grid, dim3 block, bool runs) {
  nothing<<<grid, block>>>();
  const cudaError_t error = cudaGetLastError();
  if (error != (runs ? cudaSuccess : cudaErrorInvalidConfiguration)) {
    std::printf("grid %u %u %u, block %u %u %u: %s\n", grid.x, grid.y, grid.z, block.x, block.y, block.z, cudaGetErrorName(error));
    std::exit(1);
  }
}

int main() {
  const unsigned most = 65535;
  for (dim3 grid : {dim3(1, most, 1), dim3(1, 1, most), dim3(most + 1, 1, 1)}) expect(grid, 1, true);
  for (dim3 grid : {dim3(1, most + 1, 1), dim3(1, 1, most + 1), dim3(0x80000000u, 1, 1), dim3(0, 1, 1), dim3(1, 0, 1), dim3(1, 1, 0)}) expect(grid, 1, false);
  for (dim3 block : {dim3(1024, 1, 1), dim3(1, 1024, 1), dim3(1, 1, 64), dim3(32, 32, 1), dim3(16, 1, 64)}) expect(1, block, true);
  for (dim3 block : {dim3(1025, 1, 1), dim3(1, 1025, 1), dim3(1, 1, 65), dim3(32, 33, 1), dim3(17, 1, 64), dim3(0, 1, 1), dim3(1, 0, 1), dim3(1, 1, 0),
                     dim3(65536, 65536, 1)})
    expect(1, block, false);
  OK(cudaDeviceSynchronize());
}
