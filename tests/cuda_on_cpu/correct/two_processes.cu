// Two processes share device memory and events: each reads what a kernel of the other one wrote, behind its event and not before.
// The host waits for nothing but messages of the other host. Then the errors that CUDA has.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

struct Handles {
  cudaIpcMemHandle_t memory;
  cudaIpcEventHandle_t written, read;
};

constexpr int n = 3000;

__global__ void write_kernel(float* p, float factor) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) p[i] = factor * float(i);
}
__global__ void add_kernel(float* sum, const float* a, const float* b) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) sum[i] = a[i] + b[i];
}

// Both processes run this: `number` 0 or 1, with a pipe from and to the other one.
void take_part(int number, int from, int to) {
  const auto send = [&](const void* data, size_t bytes) { REQUIRE(write(to, data, bytes) == ssize_t(bytes)); };
  const auto receive = [&](void* data, size_t bytes) { REQUIRE(read(from, data, bytes) == ssize_t(bytes)); };
  const auto token = [&] {  // the other host has come as far
    char c = 't';
    send(&c, 1), receive(&c, 1);
  };
  float *own, *sum, *other;
  cudaStream_t stream;
  cudaEvent_t written, read, others_written, others_read;
  OK(cudaMalloc(&own, n * sizeof(float)));
  OK(cudaMalloc(&sum, n * sizeof(float)));
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaEventCreateWithFlags(&written, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaEventCreateWithFlags(&read, cudaEventDisableTiming | cudaEventInterprocess));
  Handles mine, others;
  OK(cudaIpcGetMemHandle(&mine.memory, own));
  OK(cudaIpcGetEventHandle(&mine.written, written));
  OK(cudaIpcGetEventHandle(&mine.read, read));
  send(&mine, sizeof mine), receive(&others, sizeof others);
  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&other), others.memory, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcOpenEventHandle(&others_written, others.written));
  OK(cudaIpcOpenEventHandle(&others_read, others.read));

  for (int round = 1; round <= 3; ++round) {
    write_kernel<<<(n + 255) / 256, 256, 0, stream>>>(own, float(round * (number + 1)));
    OK(cudaGetLastError());
    OK(cudaEventRecord(written, stream));
    token();
    OK(cudaStreamWaitEvent(stream, others_written, 0));
    add_kernel<<<(n + 255) / 256, 256, 0, stream>>>(sum, own, other);
    OK(cudaGetLastError());
    OK(cudaEventRecord(read, stream));
    token();
    OK(cudaStreamWaitEvent(stream, others_read, 0));  // the next round writes what the other one reads
  }
  float found[n];
  if (number == 1) token();  // one host is behind the other: it waits until that one has all
  OK(cudaMemcpyAsync(found, sum, sizeof found, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamSynchronize(stream));
  if (number == 0) token();
  for (int i = 0; i < n; ++i) REQUIRE(found[i] == 9 * float(i));  // 3 and 6 times
  OK(cudaEventSynchronize(others_read));
  OK(cudaEventQuery(others_written));

  token();
  // A host that waits for an event of the other process finds what is before it.
  write_kernel<<<(n + 255) / 256, 256, 0, stream>>>(own, float(10 + number));
  OK(cudaEventRecord(written, stream));
  token();
  OK(cudaEventSynchronize(others_written));
  OK(cudaMemcpyAsync(found, other, sizeof found, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamSynchronize(stream));
  for (int i = 0; i < n; ++i) REQUIRE(found[i] == float(11 - number) * float(i));
  token();

  int can = 1, devices = 0;
  OK(cudaGetDeviceCount(&devices));
  OK(cudaDeviceCanAccessPeer(&can, 0, 0));
  REQUIRE(!can);  // itself
  // refused: device 1, but the only one is 0 (cudaErrorInvalidDevice)
  REQUIRE(cudaDeviceCanAccessPeer(&can, 0, devices) == cudaErrorInvalidDevice);
  // refused: device 1, but the only one is 0 (cudaErrorInvalidDevice)
  REQUIRE(cudaDeviceCanAccessPeer(&can, devices, 0) == cudaErrorInvalidDevice);
  // refused: device 0 is no other one (cudaErrorInvalidDevice)
  REQUIRE(cudaDeviceEnablePeerAccess(0, 0) == cudaErrorInvalidDevice);
  void* again = nullptr;
  cudaEvent_t event;
  // refused: a handle of this process itself (cudaErrorDeviceUninitialized)
  REQUIRE(cudaIpcOpenMemHandle(&again, mine.memory, cudaIpcMemLazyEnablePeerAccess) != cudaSuccess);  // its own
  // refused: flags 7 (cudaErrorInvalidValue)
  REQUIRE(cudaIpcOpenMemHandle(&again, others.memory, 7) == cudaErrorInvalidValue);
  REQUIRE(cudaEventCreateWithFlags(&event, cudaEventInterprocess) == cudaErrorInvalidValue);  // it would have a time
  OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  cudaIpcEventHandle_t of_event;
  // refused: needs cudaEventInterprocess | cudaEventDisableTiming (cudaErrorInvalidResourceHandle)
  REQUIRE(cudaIpcGetEventHandle(&of_event, event) != cudaSuccess);  // not made for it
  float on_the_host;
  // refused: not a pointer from cudaMalloc: 0x... (memory of the host, or of nobody) (cudaErrorInvalidValue)
  REQUIRE(cudaIpcGetMemHandle(&mine.memory, &on_the_host) == cudaErrorInvalidValue);
  // refused: not open: 0 bytes into 12000 bytes of device memory allocated at ... (cudaErrorInvalidValue)
  REQUIRE(cudaIpcCloseMemHandle(own) == cudaErrorInvalidValue);
  // refused: not a pointer from cudaMalloc: 0 bytes into 12000 bytes of device memory allocated at ... (cudaErrorInvalidValue)
  REQUIRE(cudaFree(other) == cudaErrorInvalidValue);  // it is the other one's
  cudaGetLastError();

  OK(cudaEventDestroy(event));
  OK(cudaEventDestroy(others_written));
  OK(cudaEventDestroy(others_read));
  OK(cudaIpcCloseMemHandle(other));
  token();  // now nobody has it open
  OK(cudaFree(own));
  OK(cudaFree(sum));
  token();
  // refused: process ... has freed it (cudaErrorInvalidValue)
  REQUIRE(cudaIpcOpenMemHandle(&again, others.memory, cudaIpcMemLazyEnablePeerAccess) != cudaSuccess);  // it is free
  cudaGetLastError();
  token();
  OK(cudaEventDestroy(written));
  OK(cudaEventDestroy(read));
  OK(cudaStreamDestroy(stream));
}

int main() {
  int there[2], back[2];
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  const pid_t child = second_process();  // before the first call of CUDA
  if (child == 0) {
    take_part(1, there[0], back[1]);
    return 0;
  }
  take_part(0, back[0], there[1]);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
