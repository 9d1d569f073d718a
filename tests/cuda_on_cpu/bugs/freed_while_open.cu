// expect: ~:28: 256 bytes allocated at ~:22 are freed while another process has them open (cudaIpcOpenMemHandle)
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  cudaIpcMemHandle_t handle;
  char token = 't';
  if (second_process() == 0) {
    REQUIRE(read(there[0], &handle, sizeof handle) == sizeof handle);
    void* p;
    OK(cudaIpcOpenMemHandle(&p, handle, cudaIpcMemLazyEnablePeerAccess));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    OK(cudaIpcCloseMemHandle(p));
    return 0;
  }
  float* p;
  OK(cudaMalloc(&p, 256));
  OK(cudaIpcGetMemHandle(&handle, p));
  REQUIRE(write(there[1], &handle, sizeof handle) == sizeof handle);
  REQUIRE(read(back[0], &token, 1) == 1);

  // the child has it open
  OK(cudaFree(p));
  REQUIRE(write(there[1], &token, 1) == 1);
  REQUIRE(wait(nullptr) > 0);
}
