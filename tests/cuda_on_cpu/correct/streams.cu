// Two streams, events, pinned memory, a host function; the second stream waits for the first.
#include "tests/cuda_on_cpu/require.h"

#include <algorithm>
#include <vector>

__global__ void fill(int* p, int value) { p[threadIdx.x] = value; }
__global__ void add(int* p, const int* q) { p[threadIdx.x] += q[threadIdx.x]; }

void CUDART_CB count(void* counter) { ++*static_cast<int*>(counter); }

#ifdef CUDA_ON_CPU
// How often the host has waited for something that had not run yet.
extern "C" unsigned long cuda_on_cpu_waits;
void waits_are_counted(cudaStream_t stream, int* p) {
  cudaEvent_t event;
  OK(cudaEventCreate(&event));
  const auto waits = [&](bool work, auto call) {
    if (work) fill<<<1, 32, 0, stream>>>(p, 1);
    if (work) OK(cudaEventRecord(event, stream));
    const unsigned long before = cuda_on_cpu_waits;
    OK(call());
    return cuda_on_cpu_waits - before;
  };
  for (bool work : {true, false}) {
    REQUIRE(waits(work, [&] { return cudaStreamSynchronize(stream); }) == work);
    REQUIRE(waits(work, [&] { return cudaEventSynchronize(event); }) == work);
    REQUIRE(waits(work, [] { return cudaDeviceSynchronize(); }) == work);
  }
  OK(cudaEventDestroy(event));
}

// Streams that know nothing of each other end in one order, in the other one, or in neither, as the environment wants it.
std::vector<cudaStream_t> ended;
void streams_have_an_order() {
  std::vector<cudaStream_t> all(8);
  for (cudaStream_t& stream : all) OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  for (cudaStream_t stream : all) OK(cudaLaunchHostFunc(stream, [](void* which) { ended.push_back(static_cast<cudaStream_t>(which)); }, stream));
  OK(cudaDeviceSynchronize());
  REQUIRE(ended.size() == 8);
  const char* order = std::getenv("CUDA_ON_CPU_ORDER");
  const auto first = order && order[0] == 'd' ? std::max_element(all.begin(), all.end()) : std::min_element(all.begin(), all.end());
  if (order && order[0] != 's') REQUIRE(ended.front() == *first);
  for (cudaStream_t stream : all) REQUIRE(std::count(ended.begin(), ended.end(), stream) == 1);
  for (cudaStream_t stream : all) OK(cudaStreamDestroy(stream));
}

// One with a priority blocks, too, or does not: the default stream waits for it, or does not.
void flags_beside_a_priority(int* p) {
  for (unsigned flags : {cudaStreamDefault, cudaStreamNonBlocking}) {
    cudaStream_t stream;
    int calls = 0;
    OK(cudaStreamCreateWithPriority(&stream, flags, 0));
    OK(cudaLaunchHostFunc(stream, count, &calls));
    OK(cudaMemset(p, 0, 4));
    OK(cudaStreamSynchronize(nullptr));
    REQUIRE(calls == (flags == cudaStreamDefault));
    OK(cudaStreamDestroy(stream));
    REQUIRE(calls == 1);
  }
}
#else
void waits_are_counted(cudaStream_t, int*) {}
void streams_have_an_order() {}
void flags_beside_a_priority(int*) {}
#endif

int main() {
  int *a, *b, *host, calls = 0;
  cudaStream_t first, second;
  cudaEvent_t ready, start, stop;
  OK(cudaStreamCreate(&first));
  OK(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
  OK(cudaEventCreateWithFlags(&ready, cudaEventDisableTiming));
  OK(cudaEventCreate(&start));
  OK(cudaEventCreate(&stop));
  OK(cudaMalloc(&a, 128));
  OK(cudaMalloc(&b, 128));
  OK(cudaMallocHost(&host, 128));
  for (int i = 0; i < 32; ++i) host[i] = i;

  OK(cudaEventRecord(start, second));
  fill<<<1, 32, 0, first>>>(a, 5);
  OK(cudaEventRecord(ready, first));
  OK(cudaMemcpyAsync(b, host, 128, cudaMemcpyHostToDevice, second));
  OK(cudaStreamWaitEvent(second, ready, 0));
  add<<<1, 32, 0, second>>>(b, a);
  OK(cudaMemcpyAsync(host, b, 128, cudaMemcpyDeviceToHost, second));
  OK(cudaLaunchHostFunc(second, count, &calls));
  OK(cudaEventRecord(stop, second));
  OK(cudaEventSynchronize(stop));
  for (int i = 0; i < 32; ++i) REQUIRE(host[i] == i + 5);
  REQUIRE(calls == 1);
  float milliseconds = -1;
  OK(cudaEventElapsedTime(&milliseconds, start, stop));
  REQUIRE(milliseconds >= 0);

  fill<<<1, 32, 0, first>>>(a, 9);  // the default stream waits for blocking streams
  fill<<<1, 32>>>(b, 1);
  add<<<1, 32, 0, first>>>(a, b);  // and they wait for it
  OK(cudaMemcpyAsync(host, a, 128, cudaMemcpyDeviceToHost, first));
  while (cudaStreamQuery(first) == cudaErrorNotReady) {
  }
  REQUIRE(host[31] == 10);
  waits_are_counted(first, a);
  streams_have_an_order();
  flags_beside_a_priority(a);

  OK(cudaEventDestroy(ready));
  OK(cudaEventDestroy(start));
  OK(cudaEventDestroy(stop));
  OK(cudaStreamDestroy(first));
  OK(cudaStreamDestroy(second));
  OK(cudaFree(a));
  OK(cudaFree(b));
  OK(cudaFreeHost(host));
}
