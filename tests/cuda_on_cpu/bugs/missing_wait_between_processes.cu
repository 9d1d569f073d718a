// expect: not true: found == 7
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// The child reads what a kernel of its parent writes, but its stream does not wait for the parent's event.
__global__ void write_kernel(float* p) { *p = 7; }

struct Handles {
  cudaIpcMemHandle_t memory;
  cudaIpcEventHandle_t written;
};

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  Handles h;
  char token = 't';
  if (second_process() == 0) {
    REQUIRE(read(there[0], &h, sizeof h) == sizeof h);
    float *p, found = 0;
    cudaEvent_t written;
    OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), h.memory, cudaIpcMemLazyEnablePeerAccess));
    OK(cudaIpcOpenEventHandle(&written, h.written));
    // here: cudaStreamWaitEvent(nullptr, written, 0)
    OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
    REQUIRE(write(back[1], &token, 1) == 1);
    OK(cudaEventDestroy(written));
    OK(cudaIpcCloseMemHandle(p));
    REQUIRE(found == 7);
    return 0;
  }
  float* p;
  cudaEvent_t written;
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaEventCreateWithFlags(&written, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetMemHandle(&h.memory, p));
  OK(cudaIpcGetEventHandle(&h.written, written));
  write_kernel<<<1, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaEventRecord(written));
  REQUIRE(write(there[1], &h, sizeof h) == sizeof h);
  REQUIRE(read(back[0], &token, 1) == 1);
  int status = 0;
  REQUIRE(wait(&status) > 0);
  OK(cudaEventDestroy(written));
  OK(cudaFree(p));
  return WEXITSTATUS(status);
}
