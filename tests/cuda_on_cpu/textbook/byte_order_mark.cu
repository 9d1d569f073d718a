// The L1 error of a prediction, one block.
#include <cstdio>
__global__ void l1(const float* predicted, const float* wanted, float* error, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) error[i] = fabsf(predicted[i] - wanted[i]);
}
int main() {
  const int n = 4;
  float p[n] = {0.9f, 0.2f, 1.7f, -0.4f}, w[n] = {1, 0, 0, 0}, e[n];
  float *dp, *dw, *de;
  cudaMalloc(&dp, sizeof p); cudaMalloc(&dw, sizeof w); cudaMalloc(&de, sizeof e);
  cudaMemcpy(dp, p, sizeof p, cudaMemcpyHostToDevice);
  cudaMemcpy(dw, w, sizeof w, cudaMemcpyHostToDevice);
  l1<<<1, 32>>>(dp, dw, de, n);
  cudaMemcpy(e, de, sizeof e, cudaMemcpyDeviceToHost);
  for (float x : e) printf("%g ", x);
  int right = e[2] > 1.69f && e[2] < 1.71f; printf("\n");
  cudaFree(dp); cudaFree(dw); cudaFree(de);
  return right ? 0 : 1;
}
