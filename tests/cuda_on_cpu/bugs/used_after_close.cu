// expect: ~:20: kernel fill: argument 1 is a pointer to freed device memory:
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  cudaIpcMemHandle_t handle;
  char token = 't';
  float* p = nullptr;
  if (second_process() == 0) {
    REQUIRE(read(there[0], &handle, sizeof handle) == sizeof handle);
    OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), handle, cudaIpcMemLazyEnablePeerAccess));
    OK(cudaIpcCloseMemHandle(p));
    REQUIRE(write(back[1], &token, 1) == 1);
    fill<<<1, 32>>>(p);
    return cudaDeviceSynchronize() != cudaSuccess;
  }
  OK(cudaMalloc(&p, 256));
  OK(cudaIpcGetMemHandle(&handle, p));
  REQUIRE(write(there[1], &handle, sizeof handle) == sizeof handle);
  REQUIRE(read(back[0], &token, 1) == 1);
  int status = 0;
  REQUIRE(wait(&status) > 0);
  OK(cudaFree(p));
  return WEXITSTATUS(status);
}
// expect: memory: 0 bytes into 256 bytes of device memory allocated at ~:17 and freed at ~:18
