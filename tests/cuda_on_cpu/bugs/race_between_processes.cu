// expect: race between processes on 0 bytes into 4 bytes of device memory & write by this process, asked for at & race_between_processes.cu:32 & race_between_processes.cu:43 & no event orders them
// build: check
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// Two processes write the same number to the same place. The number is right, and nothing says whose it is.
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
    // The event was recorded before the parent's kernel, so this is the wrong record to wait for.
    OK(cudaStreamWaitEvent(nullptr, written, 0));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);  // the parent has asked for its kernel

    write_kernel<<<1, 1>>>(p);
    OK(cudaGetLastError());
    OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
    REQUIRE(found == 7);
    REQUIRE(write(back[1], &token, 1) == 1);
    OK(cudaEventDestroy(written));
    OK(cudaIpcCloseMemHandle(p));
    return 0;
  }
  float* p;
  cudaEvent_t written;
  const auto write_it = [&] { write_kernel<<<1, 1>>>(p); };
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaEventCreateWithFlags(&written, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetMemHandle(&h.memory, p));
  OK(cudaIpcGetEventHandle(&h.written, written));
  OK(cudaEventRecord(written));
  REQUIRE(write(there[1], &h, sizeof h) == sizeof h);
  REQUIRE(read(back[0], &token, 1) == 1);
  write_it();
  OK(cudaGetLastError());
  REQUIRE(write(there[1], &token, 1) == 1);
  REQUIRE(read(back[0], &token, 1) == 1);
  float found = 0;
  OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  REQUIRE(found == 7);
  int status = 0;
  REQUIRE(wait(&status) > 0 && status == 0);
  OK(cudaEventDestroy(written));
  OK(cudaFree(p));
}
