// Every way to write a launch: templates, deduction, pointers to kernels, macros, structs, several lines.
#include "tests/cuda_on_cpu/require.h"

template <class T, int by> __global__ void scale(T* p) { p[threadIdx.x] *= by; }
template <class T> __global__ void fill(T* p, T value) { p[threadIdx.x] = value; }
template <bool upwards> __global__ void step(int* p) { p[threadIdx.x] += upwards ? 1 : -1; }

struct Range {
  int* begin;
  int first;
};
namespace inner {
__global__ void count(Range range) { range.begin[threadIdx.x] = range.first + static_cast<int>(threadIdx.x); }
__global__ void add(int* p, long long by, float and_by) { p[threadIdx.x] += static_cast<int>(by) + static_cast<int>(and_by); }
}  // namespace inner

#define LAUNCH(kernel, p) kernel<<<1, 32>>>(p)
#define LAUNCH_LONG(p) \
  scale<int, 2>        \
      <<<1, 32>>>(p)

template <class T> void scale_by_three(T* p) { scale<T, 3><<<1, 32>>>(p); }

int evaluated = 0;
int* once(int* p) {
  ++evaluated;
  return p;
}

// Who comes first, second, ...: ascending, descending or neither, as the environment wants it; on a GPU anyhow. Each comes once. So do
// threads, and so do blocks.
__global__ void come(int* comers) { comers[1 + atomicAdd(comers, 1)] = int(threadIdx.x + blockIdx.x); }
void expect_order(int blocks) {
  int host[65], *p;
  OK(cudaMalloc(&p, sizeof host));
  OK(cudaMemset(p, 0, sizeof host));
  come<<<blocks, 64 / blocks>>>(p);
  OK(cudaMemcpy(host, p, sizeof host, cudaMemcpyDeviceToHost));
  OK(cudaFree(p));
  int ascending = 0, descending = 0, sum = 0;
  for (int i = 0; i < 64; ++i) ascending += host[1 + i] == i, descending += host[1 + i] == 63 - i, sum += host[1 + i];
  REQUIRE(host[0] == 64 && sum == 64 * 63 / 2);
#ifdef CUDA_ON_CPU
  const char* order = std::getenv("CUDA_ON_CPU_ORDER");
  if (!order) return;
  REQUIRE((ascending == 64) == (order[0] == 'a'));
  REQUIRE((descending == 64) == (order[0] == 'd'));
#endif
}

int main() {
  const char* text = "k<<<1, 2>>>(p)"; /* k<<<1, 2>>>(p) */  // k<<<1, 2>>>(p)
  const char* raw = R"(k<<<1, 2>>>(p))";
  REQUIRE(text[1] == raw[1] && 1'000 == 1000);
  int host[32], *p;
  OK(cudaMalloc(&p, sizeof host));
  cudaStream_t stream = nullptr;
  fill<<<1, 32>>>(p, 1);
  fill<int><<<dim3{1}, dim3{32}>>>(p, 1);
  scale<int, (3 > 2 ? 2 : 1)><<<1, 32>>>(p);  // 2
  scale<int, 2><<<1,                         // a comment, with <<< in it
                  32,
                  0, stream>>>(p);  // 4
  LAUNCH(step<true>, p);  // 5
  LAUNCH_LONG(p);         // 10
  do ::step<true><<<1, 32>>>(p);  // 11
  while (evaluated > 0);
  step<false><<<1, 32>>>(p);  // 10
  if (evaluated == 0) step<(1 < 2)><<<1, 32>>>(once(p));  // 11
  else step<false><<<1, 32>>>(p);
  void (*kernel)(int*) = scale<int, 2>;
  kernel<<<1, 32>>>(p);  // 22
  scale_by_three(p);     // 66
  inner::add<<<1, 32>>>(p, 4, 2);  // 72: arguments are converted to the kernel's types
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, p, sizeof host, cudaMemcpyDeviceToHost));
  for (int value : host) REQUIRE(value == 72);
  REQUIRE(evaluated == 1);
  inner::count<<<1, 32>>>({p, 5});
  ::inner::add<<<1, 32>>>(p, 1, 0);
  OK(cudaMemcpy(host, p, sizeof host, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 32; ++i) REQUIRE(host[i] == i + 6);
  OK(cudaFree(p));
  expect_order(1);
  expect_order(64);
}
