// A dot product whose blocks add up under a lock.
#include <cstdio>
struct Lock {
  int* mutex;
  Lock() { int state = 0; cudaMalloc((void**)&mutex, sizeof(int)); cudaMemcpy(mutex, &state, sizeof(int), cudaMemcpyHostToDevice); }
  __device__ void lock() { while (atomicCAS(mutex, 0, 1) != 0) ; __threadfence(); }
  __device__ void unlock() { __threadfence(); atomicExch(mutex, 0); }
};
const int N = 3000, threadsPerBlock = 128;
__global__ void dot(Lock lock, float* a, float* b, float* c) {
  __shared__ float cache[threadsPerBlock];
  int tid = threadIdx.x + blockIdx.x * blockDim.x, cacheIndex = threadIdx.x;
  float temp = 0;
  while (tid < N) {
    temp += a[tid] * b[tid];
    tid += blockDim.x * gridDim.x;
  }
  cache[cacheIndex] = temp;
  __syncthreads();
  int i = blockDim.x / 2;
  while (i != 0) {
    if (cacheIndex < i) cache[cacheIndex] += cache[cacheIndex + i];
    __syncthreads();
    i /= 2;
  }
  if (cacheIndex == 0) {
    lock.lock();
    *c += cache[0];
    lock.unlock();
  }
}
int main() {
  static float a[N], b[N];
  float c = 0, expected = 0, *da, *db, *dc;
  for (int i = 0; i < N; ++i) a[i] = i % 3, b[i] = i % 5, expected += a[i] * b[i];
  cudaMalloc(&da, sizeof a), cudaMalloc(&db, sizeof b), cudaMalloc(&dc, sizeof c);
  cudaMemcpy(da, a, sizeof a, cudaMemcpyHostToDevice);
  cudaMemcpy(db, b, sizeof b, cudaMemcpyHostToDevice);
  cudaMemcpy(dc, &c, sizeof c, cudaMemcpyHostToDevice);
  Lock lock;
  dot<<<5, threadsPerBlock>>>(lock, da, db, dc);
  cudaMemcpy(&c, dc, sizeof c, cudaMemcpyDeviceToHost);
  cudaFree(da), cudaFree(db), cudaFree(dc), cudaFree(lock.mutex);
  return c == expected ? 0 : (printf("%g, expected %g\n", c, expected), 1);
}
