// clock() in a kernel, an early return, a loop that sleeps until another thread has written.
#include <cstdio>
__global__ void times(long long* out, volatile int* flag) {
  long long start = clock64();
  clock_t c = clock();
  if (threadIdx.x >= 4) return;
  if (threadIdx.x == 0) {
    while (atomicAdd((int*)flag, 0) == 0) __nanosleep(100);
  }
  if (threadIdx.x == 3) atomicExch((int*)flag, 1);
  out[threadIdx.x] = clock64() - start + (clock() - c) * 0;
}
int main() {
  long long h[4], *d;
  int* flag;
  cudaMalloc(&d, sizeof h), cudaMalloc(&flag, sizeof(int));
  cudaMemset(flag, 0, sizeof(int));
  times<<<1, 32>>>(d, flag);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d), cudaFree(flag);
  for (long long t : h)
    if (t < 0) return 1;
}
