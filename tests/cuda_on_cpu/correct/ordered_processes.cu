// Three processes and memory of the first: what orders their accesses beside an event of the one for the other. An event carries on what
// its process knew; hosts order by messages, once they have waited.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

constexpr int n = 1000, processes = 3;
int pipes[processes][2];  // to each of them

__global__ void fill_kernel(float* p, float value) { p[blockIdx.x * blockDim.x + threadIdx.x] = value; }
__global__ void add_kernel(float* p, const float* x) { p[blockIdx.x * blockDim.x + threadIdx.x] += x[blockIdx.x * blockDim.x + threadIdx.x]; }

template <class T>
void send(int to, const T& x) { REQUIRE(write(pipes[to][1], &x, sizeof x) == ssize_t(sizeof x)); }
template <class T>
T receive(int self) {
  T x;
  REQUIRE(read(pipes[self][0], &x, sizeof x) == ssize_t(sizeof x));
  return x;
}

void owner() {
  float* p;
  cudaEvent_t written;
  OK(cudaMalloc(&p, n * sizeof *p));
  OK(cudaEventCreateWithFlags(&written, cudaEventDisableTiming | cudaEventInterprocess));
  cudaIpcMemHandle_t memory;
  cudaIpcEventHandle_t event;
  OK(cudaIpcGetMemHandle(&memory, p));
  OK(cudaIpcGetEventHandle(&event, written));
  fill_kernel<<<n / 100, 100>>>(p, 3);
  OK(cudaGetLastError());
  OK(cudaEventRecord(written));
  for (int other : {1, 2}) send(other, memory);
  send(1, event);
  REQUIRE(receive<char>(0) == 'a');  // the last process has waited for its GPU
  add_kernel<<<n / 100, 100>>>(p, p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  send(2, 'b');
  REQUIRE(receive<char>(0) == 'c' && receive<char>(0) == 'c');  // nobody has it open
  OK(cudaEventDestroy(written));
  OK(cudaFree(p));
}

void between() {
  const auto memory = receive<cudaIpcMemHandle_t>(1);
  const auto event = receive<cudaIpcEventHandle_t>(1);
  float* p;
  cudaEvent_t written, added;
  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), memory, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcOpenEventHandle(&written, event));
  OK(cudaEventCreateWithFlags(&added, cudaEventDisableTiming | cudaEventInterprocess));
  cudaIpcEventHandle_t own;
  OK(cudaIpcGetEventHandle(&own, added));
  OK(cudaStreamWaitEvent(nullptr, written, 0));
  OK(cudaEventRecord(added));
  send(2, own);
  REQUIRE(receive<char>(1) == 'd');
  OK(cudaDeviceSynchronize());
  OK(cudaEventDestroy(written));
  OK(cudaEventDestroy(added));
  OK(cudaIpcCloseMemHandle(p));
  send(0, 'c');
}

void last() {
  const auto memory = receive<cudaIpcMemHandle_t>(2);
  const auto event = receive<cudaIpcEventHandle_t>(2);
  float *p, found = 0;
  cudaEvent_t added;
  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), memory, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcOpenEventHandle(&added, event));
  OK(cudaStreamWaitEvent(nullptr, added, 0));  // not the owner's
  add_kernel<<<n / 100, 100>>>(p, p);
  OK(cudaGetLastError());
  OK(cudaMemcpy(&found, p + n - 1, sizeof found, cudaMemcpyDeviceToHost));
  REQUIRE(found == 6);
  send(0, 'a');
  REQUIRE(receive<char>(2) == 'b');
  OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));  // no event
  REQUIRE(found == 12);
  OK(cudaEventDestroy(added));
  send(1, 'd');
  OK(cudaIpcCloseMemHandle(p));
  send(0, 'c');
}

int main() {
  for (auto& ends : pipes) REQUIRE(pipe(ends) == 0);
  for (int number : {1, 2})
    if (second_process() == 0) {
      number == 1 ? between() : last();
      return 0;
    }
  owner();
  for (int status = 0; wait(&status) > 0;) REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
