// A stencil of one dimension with its halo in shared memory.
#include <cstdio>
#define RADIUS 3
#define BLOCK_SIZE 64
__global__ void stencil_1d(int* in, int* out) {
  __shared__ int temp[BLOCK_SIZE + 2 * RADIUS];
  int gindex = threadIdx.x + blockIdx.x * blockDim.x, lindex = threadIdx.x + RADIUS;
  temp[lindex] = in[gindex];
  if (threadIdx.x < RADIUS) {
    temp[lindex - RADIUS] = in[gindex - RADIUS];
    temp[lindex + BLOCK_SIZE] = in[gindex + BLOCK_SIZE];
  }
  __syncthreads();
  int result = 0;
  for (int offset = -RADIUS; offset <= RADIUS; offset++) result += temp[lindex + offset];
  out[gindex] = result;
}
int main() {
  const int n = 4 * BLOCK_SIZE;
  int h[n + 2 * RADIUS], r[n], *in, *out;
  for (int i = 0; i < n + 2 * RADIUS; ++i) h[i] = i * i % 11;
  cudaMalloc(&in, sizeof h);
  cudaMalloc(&out, sizeof r);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  stencil_1d<<<n / BLOCK_SIZE, BLOCK_SIZE>>>(in + RADIUS, out);
  cudaMemcpy(r, out, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(in);
  cudaFree(out);
  for (int i = 0; i < n; ++i) {
    int sum = 0;
    for (int j = 0; j <= 2 * RADIUS; ++j) sum += h[i + j];
    if (sum != r[i]) return printf("%d: %d\n", i, r[i]), 1;
  }
}
