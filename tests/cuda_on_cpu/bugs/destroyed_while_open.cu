// expect: ~:28: an event is destroyed while another process has it open & 1 finding; exit status 66
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  cudaIpcEventHandle_t handle;
  char token = 't';
  if (second_process() == 0) {
    REQUIRE(read(there[0], &handle, sizeof handle) == sizeof handle);
    cudaEvent_t event;
    OK(cudaIpcOpenEventHandle(&event, handle));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    OK(cudaEventDestroy(event));
    return 0;
  }
  cudaEvent_t event;
  OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetEventHandle(&handle, event));
  REQUIRE(write(there[1], &handle, sizeof handle) == sizeof handle);
  REQUIRE(read(back[0], &token, 1) == 1);

  // the child has it open
  OK(cudaEventDestroy(event));
  REQUIRE(write(there[1], &token, 1) == 1);
  REQUIRE(wait(nullptr) > 0);
}
