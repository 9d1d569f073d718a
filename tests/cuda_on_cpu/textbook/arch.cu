// __CUDA_ARCH__: in device code, in functions for both, and around whole functions.
#include <cstdio>
#include <cmath>
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 600
#define NEW_ENOUGH 1
#else
#define NEW_ENOUGH 0
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 600
__device__ double atomicAdd(double* p, double v) { *p += v; return 0; }
#endif
__host__ __device__ int place() {
#ifdef __CUDA_ARCH__
  return 1;
#else
  return 0;
#endif
}
struct Number {
  float x;
  __host__ __device__ float root() const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 700
    return rsqrtf(x) * x + 1;
#elif defined(__CUDA_ARCH__)
    return -1;
#else
    return std::sqrt(x);
#endif
  }
};
template <class T> __host__ __device__ T plus(T a, T b) {
#ifndef __CUDA_ARCH__
  return a + b;
#else
  return a + b + 100;
#endif
}
__global__ void guarded(int* p, double* d) {
#if __CUDA_ARCH__ >= 700
  int seven = 7;
#else
  int six = 6;
#endif
#if __CUDA_ARCH__ >= 700
  p[threadIdx.x] = seven;
#endif
  if (threadIdx.x == 0) {
    p[32] = place(), p[33] = int(Number{4}.root()), p[34] = plus(1, 2), p[36] = NEW_ENOUGH;
    atomicAdd(d, 1.5);
#ifdef __CUDA_ARCH__
    p[37] = 5;
    p[35] = __CUDA_ARCH__ >= 700;
#endif
  }
}
int main() {
  int h[38], *p;
  double *d, s;
  cudaMalloc(&p, sizeof h);
  cudaMalloc(&d, sizeof *d);
  cudaMemset(p, 0, sizeof h);
  cudaMemset(d, 0, sizeof *d);
  guarded<<<1, 32>>>(p, d);
  cudaMemcpy(h, p, sizeof h, cudaMemcpyDeviceToHost);
  cudaMemcpy(&s, d, sizeof s, cudaMemcpyDeviceToHost);
  cudaFree(p);
  cudaFree(d);
  printf("%d %d %d %d %d %d %d, host %d %g %d, %g\n", h[31], h[32], h[33], h[34], h[35], h[36], h[37], place(), Number{4}.root(), plus(1, 2), s);
  bool right = h[0] == 7 && h[31] == 7 && h[32] == 1 && h[33] == 3 && h[34] == 103 && h[35] == 1 && h[36] == 1 && h[37] == 5 && s == 1.5 && place() == 0 &&
               Number{4}.root() == 2 && plus(1, 2) == 3;
  return right ? 0 : 1;
}
