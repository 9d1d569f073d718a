// expect: write by this process & read by process & race_with_each_of_three_readers.cu:26 & race_with_each_of_three_readers.cu:28 & 2 findings
// build: check
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

// A write is asked for, and before it takes place two other processes read, one of them twice; then the writer itself, which may.
__global__ void write_kernel(float* p) { *p = 7; }

int pipes[3][2];  // to each process
void send(int to) { REQUIRE(write(pipes[to][1], "t", 1) == 1); }
void wait_for_word(int self) {
  char token;
  REQUIRE(read(pipes[self][0], &token, 1) == 1);
}

void read_in_another_process(int self) {
  cudaIpcMemHandle_t memory;
  REQUIRE(read(pipes[self][0], &memory, sizeof memory) == sizeof memory);
  float *p, found = 0;
  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), memory, cudaIpcMemLazyEnablePeerAccess));
  send(0);
  wait_for_word(self);
  // No event: the writer does not wait for either.
  if (self == 1) OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  for (int turn = 0; turn < 2; ++turn)
    if (self == 2) OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  send(0);
  wait_for_word(self);
  OK(cudaIpcCloseMemHandle(p));
}

int main() {
  for (auto& ends : pipes) REQUIRE(pipe(ends) == 0);
  for (int self : {1, 2})
    if (second_process() == 0) {
      read_in_another_process(self);
      return 0;
    }
  float *p, found = 0;
  cudaStream_t stream;
  cudaIpcMemHandle_t memory;
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaMemset(p, 0, sizeof *p));
  OK(cudaDeviceSynchronize());
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaIpcGetMemHandle(&memory, p));
  for (int other : {1, 2}) REQUIRE(write(pipes[other][1], &memory, sizeof memory) == sizeof memory);
  for (int other = 1; other <= 2; ++other) wait_for_word(0);
  write_kernel<<<1, 1, 0, stream>>>(p);
  OK(cudaGetLastError());
  for (int other : {1, 2}) send(other), wait_for_word(0);
  OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  OK(cudaStreamSynchronize(stream));
  for (int other : {1, 2}) send(other);
  for (int status = 0; wait(&status) > 0;) REQUIRE(status == 0);
  OK(cudaStreamDestroy(stream));
  OK(cudaFree(p));
}
