// expect: race between processes on 0 bytes into 4 bytes of device memory & write by this process, asked for at & copied_while_another_process_reads.cu:34 & read by process & copied_while_another_process_reads.cu:20 & no event orders them
// build: check
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// Memory is to be copied on a stream. Another process reads it before that has taken place: it heard that it was asked for, and no more.
int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  cudaIpcMemHandle_t memory;
  char token = 't';
  float *p, *pinned, one = 1;
  if (second_process() == 0) {
    REQUIRE(read(there[0], &memory, sizeof memory) == sizeof memory);
    OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), memory, cudaIpcMemLazyEnablePeerAccess));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    OK(cudaMemcpy(&one, p, sizeof one, cudaMemcpyDeviceToHost));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    OK(cudaIpcCloseMemHandle(p));
    return 0;
  }
  cudaStream_t stream;
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaMallocHost(&pinned, sizeof *pinned));
  *pinned = 1;
  OK(cudaIpcGetMemHandle(&memory, p));
  REQUIRE(write(there[1], &memory, sizeof memory) == sizeof memory);
  REQUIRE(read(back[0], &token, 1) == 1);
  OK(cudaMemcpyAsync(p, pinned, sizeof *p, cudaMemcpyHostToDevice, stream));
  REQUIRE(write(there[1], &token, 1) == 1);
  REQUIRE(read(back[0], &token, 1) == 1);
  OK(cudaStreamSynchronize(stream));
  REQUIRE(write(there[1], &token, 1) == 1);
  int status = 0;
  REQUIRE(wait(&status) > 0 && status == 0);
  OK(cudaStreamDestroy(stream));
  OK(cudaFreeHost(pinned));
  OK(cudaFree(p));
}
