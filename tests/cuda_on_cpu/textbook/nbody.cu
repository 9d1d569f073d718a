// Forces between bodies, tile after tile of positions in shared memory.
#include <cstdio>
#define EPS2 0.01f
__host__ __device__ float3 bodyBodyInteraction(float4 bi, float4 bj, float3 ai) {
  float3 r;
  r.x = bj.x - bi.x, r.y = bj.y - bi.y, r.z = bj.z - bi.z;
  float distSqr = r.x * r.x + r.y * r.y + r.z * r.z + EPS2, distSixth = distSqr * distSqr * distSqr;
  float s = bj.w * (1.0f / sqrtf(distSixth));
  ai.x += r.x * s, ai.y += r.y * s, ai.z += r.z * s;
  return ai;
}
__global__ void calculate_forces(const float4* X, float4* A, int n) {
  extern __shared__ float4 shPosition[];
  int gtid = blockIdx.x * blockDim.x + threadIdx.x;
  float4 mine = X[gtid];
  float3 acc = {0.0f, 0.0f, 0.0f};
  for (int i = 0, tile = 0; i < n; i += blockDim.x, tile++) {
    shPosition[threadIdx.x] = X[tile * blockDim.x + threadIdx.x];
    __syncthreads();
#pragma unroll 4
    for (unsigned j = 0; j < blockDim.x; j++) acc = bodyBodyInteraction(mine, shPosition[j], acc);
    __syncthreads();
  }
  A[gtid] = {acc.x, acc.y, acc.z, 0.0f};
}
int main() {
  const int n = 128, p = 32;
  float4 x[n], a[n], *dx, *da;
  for (int i = 0; i < n; ++i) x[i] = make_float4(i % 5, i / 5 % 5, i / 25, 1 + i % 3);
  cudaMalloc(&dx, sizeof x), cudaMalloc(&da, sizeof a);
  cudaMemcpy(dx, x, sizeof x, cudaMemcpyHostToDevice);
  calculate_forces<<<n / p, p, p * sizeof(float4)>>>(dx, da, n);
  cudaMemcpy(a, da, sizeof a, cudaMemcpyDeviceToHost);
  cudaFree(dx), cudaFree(da);
  for (int i = 0; i < n; ++i) {
    float3 acc = {0, 0, 0};
    for (int j = 0; j < n; ++j) acc = bodyBodyInteraction(x[i], x[j], acc);
    if (fabsf(acc.x - a[i].x) > 1e-3f || fabsf(acc.z - a[i].z) > 1e-3f) return printf("%d\n", i), 1;
  }
}
