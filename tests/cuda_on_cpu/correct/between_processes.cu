// What another process waits for runs on a thread of its own, and nothing that stands behind it is in its way. An event may be exported
// when it has been recorded.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

int there[2], back[2];  // to the child, and back

template <class T>
void send(int to, const T& x) { REQUIRE(write(to, &x, sizeof x) == ssize_t(sizeof x)); }
template <class T>
T receive(int from) {
  T x;
  REQUIRE(read(from, &x, sizeof x) == ssize_t(sizeof x));
  return x;
}

struct Handles {
  cudaIpcMemHandle_t memory;
  cudaIpcEventHandle_t met, asked;
};

// Its host must be there, too.
__global__ void meet_kernel(volatile int* device_is_here, volatile int* host_is_here) {
  *device_is_here = 1;
  while (!*host_is_here) {
  }
}
__global__ void set_kernel(int* p, int value) { *p = value; }

void child() {
  const auto handles = receive<Handles>(there[0]);
  int* p;
  cudaEvent_t met, asked, answered, set;
  cudaIpcEventHandle_t handle;
  OK(cudaIpcOpenEventHandle(&met, handles.met));
  OK(cudaEventSynchronize(met));
  REQUIRE(receive<char>(there[0]) == 'a');
  OK(cudaIpcOpenEventHandle(&asked, handles.asked));
  for (cudaEvent_t* event : {&answered, &set}) OK(cudaEventCreateWithFlags(event, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetEventHandle(&handle, answered));
  OK(cudaStreamWaitEvent(nullptr, asked, 0));
  OK(cudaEventRecord(answered));
  send(back[1], handle);
  REQUIRE(receive<char>(there[0]) == 'b');

  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), handles.memory, cudaIpcMemLazyEnablePeerAccess));
  set_kernel<<<1, 1>>>(p, 6);
  OK(cudaGetLastError());
  OK(cudaEventRecord(set));
  OK(cudaIpcGetEventHandle(&handle, set));
  send(back[1], handle);
  REQUIRE(receive<char>(there[0]) == 'c');
  OK(cudaDeviceSynchronize());
  OK(cudaEventDestroy(met));
  OK(cudaEventDestroy(asked));
  OK(cudaIpcCloseMemHandle(p));
  send(back[1], 'd');
  REQUIRE(receive<char>(there[0]) == 'e');  // nobody has them open
  OK(cudaEventDestroy(answered));
  OK(cudaEventDestroy(set));
}

void parent() {
  int *host_is_here, *device_is_here, *p, found = 0;
  cudaStream_t stream, other;
  cudaEvent_t met, asked, behind, answered, set;
  OK(cudaMallocHost(&host_is_here, sizeof(int)));
  OK(cudaMallocHost(&device_is_here, sizeof(int)));
  OK(cudaMalloc(&p, sizeof *p));
  *host_is_here = *device_is_here = 0;
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking));
  for (cudaEvent_t* event : {&met, &asked}) OK(cudaEventCreateWithFlags(event, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaEventCreateWithFlags(&behind, cudaEventDisableTiming));
  Handles mine;
  OK(cudaIpcGetMemHandle(&mine.memory, p));
  OK(cudaIpcGetEventHandle(&mine.met, met));
  OK(cudaIpcGetEventHandle(&mine.asked, asked));
  meet_kernel<<<1, 1, 0, stream>>>(device_is_here, host_is_here);
  OK(cudaGetLastError());
  OK(cudaEventRecord(met, stream));
  send(there[1], mine);
  // The kernel runs, and what the host does meanwhile is not the kernel's.
  static volatile int turns = 0;
  while (!*static_cast<volatile int*>(device_is_here)) turns = turns + 1;
  for (int i = 0; i < 100; ++i) turns = turns + 1;
  *static_cast<volatile int*>(host_is_here) = 1;

  // The child answers what is asked for now, and that comes before the wait for its answer.
  OK(cudaEventRecord(asked, stream));
  send(there[1], 'a');
  OK(cudaIpcOpenEventHandle(&answered, receive<cudaIpcEventHandle_t>(back[0])));
  OK(cudaStreamWaitEvent(other, answered, 0));
  OK(cudaEventRecord(behind, other));
  OK(cudaStreamWaitEvent(stream, behind, 0));
  set_kernel<<<1, 1, 0, stream>>>(p, 5);
  OK(cudaGetLastError());
  OK(cudaStreamSynchronize(other));
  OK(cudaStreamSynchronize(stream));
  OK(cudaMemcpy(&found, p, sizeof found, cudaMemcpyDeviceToHost));
  REQUIRE(found == 5);

  send(there[1], 'b');
  OK(cudaIpcOpenEventHandle(&set, receive<cudaIpcEventHandle_t>(back[0])));
  OK(cudaStreamWaitEvent(other, set, 0));
  OK(cudaMemcpyAsync(&found, p, sizeof found, cudaMemcpyDeviceToHost, other));
  OK(cudaStreamSynchronize(other));
  REQUIRE(found == 6);
  send(there[1], 'c');
  REQUIRE(receive<char>(back[0]) == 'd');
  for (cudaEvent_t event : {met, asked, behind, answered, set}) OK(cudaEventDestroy(event));
  send(there[1], 'e');
  for (cudaStream_t each : {stream, other}) OK(cudaStreamDestroy(each));
  OK(cudaFree(p));
  OK(cudaFreeHost(host_is_here));
  OK(cudaFreeHost(device_is_here));
}

int main() {
  REQUIRE(pipe(there) == 0 && pipe(back) == 0);
  const bool is_child = fork() == 0;
  for (int end : {there[is_child], back[!is_child]}) REQUIRE(close(end) == 0);  // who hears no more of the other one ends
  alarm(10);  // where the two wait for each other
  if (is_child) {
    child();
    return 0;
  }
  parent();
  int status = -1;
  REQUIRE(wait(&status) > 0 && status == 0);
}
