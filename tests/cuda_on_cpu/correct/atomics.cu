// All atomic operations, and a lock from atomicCAS and __threadfence.
#include "tests/cuda_on_cpu/require.h"

__device__ int lock;

__global__ void all(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
  int t = static_cast<int>(threadIdx.x);
  atomicAdd(&i[0], 1), atomicSub(&i[1], 2), atomicMin(&i[2], -t), atomicMax(&i[3], t), atomicExch(&i[4], 7);
  atomicAnd(&i[5], ~(1 << t)), atomicOr(&i[6], 1 << t), atomicXor(&i[7], 1 << t), atomicCAS(&i[8], 0, 9);
  atomicAdd(&u[0], 3u), atomicInc(&u[1], 4u), atomicDec(&u[2], 4u), atomicMax(&u[3], threadIdx.x);
  atomicInc(&u[4], 4u), atomicDec(&u[5], 4u);  // from beyond the bound
  atomicAdd(l, 1ull << 33);
  atomicAdd(f, 0.5f);
  atomicAdd(d, 0.25);
}

__global__ void locked(int* total) {
  if (threadIdx.x != 0) return;  // one thread of a block, so that no lane waits for another
  while (atomicCAS(&lock, 0, 1) != 0) {
  }
  __threadfence();
  *total += 1;
  __threadfence();
  atomicExch(&lock, 0);
}

int main() {
  int hi[9] = {0, 0, 0, 0, 0, -1, 0, 0, 0}, *i;
  unsigned hu[6] = {0, 0, 0, 0, 9, 9}, *u;
  unsigned long long hl = 0, *l;
  float hf = 0, *f;
  double hd = 0, *d;
  OK(cudaMalloc(&i, sizeof hi));
  OK(cudaMalloc(&u, sizeof hu));
  OK(cudaMalloc(&l, sizeof hl));
  OK(cudaMalloc(&f, sizeof hf));
  OK(cudaMalloc(&d, sizeof hd));
  OK(cudaMemcpy(i, hi, sizeof hi, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(u, hu, sizeof hu, cudaMemcpyHostToDevice));
  OK(cudaMemset(l, 0, sizeof hl));
  OK(cudaMemset(f, 0, sizeof hf));
  OK(cudaMemset(d, 0, sizeof hd));
  all<<<1, 32>>>(i, u, l, f, d);
  OK(cudaGetLastError());
  OK(cudaMemcpy(hi, i, sizeof hi, cudaMemcpyDeviceToHost));
  OK(cudaMemcpy(hu, u, sizeof hu, cudaMemcpyDeviceToHost));
  OK(cudaMemcpy(&hl, l, sizeof hl, cudaMemcpyDeviceToHost));
  OK(cudaMemcpy(&hf, f, sizeof hf, cudaMemcpyDeviceToHost));
  OK(cudaMemcpy(&hd, d, sizeof hd, cudaMemcpyDeviceToHost));
  REQUIRE(hi[0] == 32 && hi[1] == -64 && hi[2] == -31 && hi[3] == 31 && hi[4] == 7);
  REQUIRE(hi[5] == 0 && hi[6] == -1 && hi[7] == -1 && hi[8] == 9);
  REQUIRE(hu[0] == 96 && hu[1] == 32 % 5 && hu[2] == 3 && hu[3] == 31);
  REQUIRE(hu[4] == 31 % 5 && hu[5] == 3);
  REQUIRE(hl == 32ull << 33 && hf == 16 && hd == 8);
  OK(cudaMemset(i, 0, sizeof(int)));
  locked<<<20, 32>>>(i);
  OK(cudaGetLastError());
  OK(cudaMemcpy(hi, i, sizeof(int), cudaMemcpyDeviceToHost));
  REQUIRE(hi[0] == 20);
  OK(cudaFree(i));
  OK(cudaFree(u));
  OK(cudaFree(l));
  OK(cudaFree(f));
  OK(cudaFree(d));
}
