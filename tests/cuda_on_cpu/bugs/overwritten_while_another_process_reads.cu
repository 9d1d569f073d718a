// expect: race between processes on 0 bytes into 4 bytes of device memory & write by this process, asked for at & overwritten_while_another_process_reads.cu:25 & read by process & overwritten_while_another_process_reads.cu:43 & no event orders them
// build: check
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// One process is asked to write before the other one has read. The old number was still there, and nothing says that it had to be.
__global__ void write_kernel(float* p, float value) { *p = value; }

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  cudaIpcMemHandle_t memory;
  char token = 't';
  if (second_process() == 0) {
    REQUIRE(read(there[0], &memory, sizeof memory) == sizeof memory);
    float* p;
    cudaStream_t stream;
    OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), memory, cudaIpcMemLazyEnablePeerAccess));
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    // The parent has written, and will read when it hears of this.
    write_kernel<<<1, 1, 0, stream>>>(p, 8);
    OK(cudaGetLastError());
    REQUIRE(write(back[1], &token, 1) == 1);
    REQUIRE(read(there[0], &token, 1) == 1);
    OK(cudaStreamDestroy(stream));
    OK(cudaIpcCloseMemHandle(p));
    return 0;
  }
  float *p, found = 0;
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaIpcGetMemHandle(&memory, p));
  REQUIRE(write(there[1], &memory, sizeof memory) == sizeof memory);
  REQUIRE(read(back[0], &token, 1) == 1);
  write_kernel<<<1, 1>>>(p, 7);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  REQUIRE(write(there[1], &token, 1) == 1);
  REQUIRE(read(back[0], &token, 1) == 1);
  OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  REQUIRE(found == 7);
  REQUIRE(write(there[1], &token, 1) == 1);
  int status = 0;
  REQUIRE(wait(&status) > 0 && status == 0);
  OK(cudaFree(p));
}
