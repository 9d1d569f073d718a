// A template that takes an operation as a type: functors, with state and without.
#include <cstdio>
struct Plus { __host__ __device__ int operator()(int a, int b) const { return a + b; } };
struct Largest { __host__ __device__ int operator()(int a, int b) const { return a > b ? a : b; } };
struct Line { int slope, start; __device__ int operator()(int x, int y) const { return slope * x + start + y; } };
template <class T, class Operation, int N = 4> __global__ void combine(const T* a, const T* b, T* c, Operation operation) {
#pragma unroll
  for (int j = 0; j < N; ++j) {
    int i = threadIdx.x * N + j;
    c[i] = operation(a[i], b[i]);
  }
}
template <class Operation> int total(Operation operation, const int* a, const int* b, int* c) {
  int h[128], sum = 0;
  combine<<<1, 32>>>(a, b, c, operation);
  cudaMemcpy(h, c, sizeof h, cudaMemcpyDeviceToHost);
  for (int x : h) sum += x;
  return sum;
}
int main() {
  int h[128], *a, *b, *c;
  for (int i = 0; i < 128; ++i) h[i] = i;
  cudaMalloc(&a, 3 * sizeof h);
  b = a + 128, c = b + 128;
  cudaMemcpy(a, h, sizeof h, cudaMemcpyHostToDevice);
  for (int i = 0; i < 128; ++i) h[i] = 64;
  cudaMemcpy(b, h, sizeof h, cudaMemcpyHostToDevice);
  int sum = total(Plus{}, a, b, c), largest = total(Largest(), a, b, c), line = total(Line{2, 1}, a, b, c);
  combine<int, Plus, 2><<<1, 64>>>(a, b, c, Plus{});
  cudaMemcpy(h, c, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(a);
  return sum == 16320 && largest == 64 * 64 + (64 + 127) * 32 && line == 2 * 8128 + 128 + 8192 && h[127] == 191 ? 0 : (printf("%d %d %d\n", sum, largest, line), 1);
}
