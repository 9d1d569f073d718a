// atomicCAS in a loop: a sum of doubles and a largest float, and double's own atomicAdd.
#include <cstdio>
__device__ double add_double(double* address, double val) {
  unsigned long long int* address_as_ull = (unsigned long long int*)address;
  unsigned long long int old = atomicAdd(address_as_ull, 0ull), assumed;
  do {
    assumed = old;
    old = atomicCAS(address_as_ull, assumed, __double_as_longlong(val + __longlong_as_double(assumed)));
  } while (assumed != old);
  return __longlong_as_double(old);
}
__device__ float max_float(float* address, float val) {
  int *address_as_i = (int*)address, old = atomicAdd(address_as_i, 0), assumed;
  do {
    assumed = old;
    old = atomicCAS(address_as_i, assumed, __float_as_int(fmaxf(val, __int_as_float(assumed))));
  } while (assumed != old);
  return __int_as_float(old);
}
__global__ void largest(float* most, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) max_float(most, (float)(i * 37 % n));
}
__global__ void exact_sum(double* sum) {
  __shared__ double part;
  if (threadIdx.x == 0) part = 0;
  __syncthreads();
  atomicAdd(&part, 0.5);
  __syncthreads();
  if (threadIdx.x == 0) add_double(sum, part);
}
int main() {
  float* most, m;
  double *sum, s;
  cudaMalloc(&most, sizeof m);
  cudaMalloc(&sum, sizeof s);
  cudaMemset(most, 0, sizeof m);
  cudaMemset(sum, 0, sizeof s);
  largest<<<4, 64>>>(most, 250);
  exact_sum<<<4, 64>>>(sum);
  cudaMemcpy(&m, most, sizeof m, cudaMemcpyDeviceToHost);
  cudaMemcpy(&s, sum, sizeof s, cudaMemcpyDeviceToHost);
  cudaFree(most);
  cudaFree(sum);
  return m == 249 && s == 128 ? 0 : (printf("%g %g\n", m, s), 1);
}
