// A product of matrices, tile by tile through shared memory, with sizes that are no multiples of the tile.
#include <cstdio>
#define TILE_WIDTH 16
__global__ void matrixMultiplyShared(float* A, float* B, float* C, int m, int k, int n) {
  __shared__ float ds_A[TILE_WIDTH][TILE_WIDTH];
  __shared__ float ds_B[TILE_WIDTH][TILE_WIDTH];
  int bx = blockIdx.x, by = blockIdx.y, tx = threadIdx.x, ty = threadIdx.y, Row = by * TILE_WIDTH + ty, Col = bx * TILE_WIDTH + tx;
  float Pvalue = 0;
  for (int t = 0; t < (k - 1) / TILE_WIDTH + 1; ++t) {
    ds_A[ty][tx] = Row < m && t * TILE_WIDTH + tx < k ? A[Row * k + t * TILE_WIDTH + tx] : 0.0f;
    ds_B[ty][tx] = t * TILE_WIDTH + ty < k && Col < n ? B[(t * TILE_WIDTH + ty) * n + Col] : 0.0f;
    __syncthreads();
    for (int i = 0; i < TILE_WIDTH; ++i) Pvalue += ds_A[ty][i] * ds_B[i][tx];
    __syncthreads();
  }
  if (Row < m && Col < n) C[Row * n + Col] = Pvalue;
}
int main() {
  const int m = 33, k = 50, n = 20;
  static float a[m * k], b[k * n], c[m * n];
  for (int i = 0; i < m * k; ++i) a[i] = i % 5 - 2;
  for (int i = 0; i < k * n; ++i) b[i] = i % 7 - 3;
  float *A, *B, *C;
  cudaMalloc((void**)&A, sizeof a);
  cudaMalloc((void**)&B, sizeof b);
  cudaMalloc((void**)&C, sizeof c);
  cudaMemcpy(A, a, sizeof a, cudaMemcpyHostToDevice);
  cudaMemcpy(B, b, sizeof b, cudaMemcpyHostToDevice);
  matrixMultiplyShared<<<dim3((n - 1) / TILE_WIDTH + 1, (m - 1) / TILE_WIDTH + 1), dim3(TILE_WIDTH, TILE_WIDTH)>>>(A, B, C, m, k, n);
  cudaMemcpy(c, C, sizeof c, cudaMemcpyDeviceToHost);
  cudaFree(A), cudaFree(B), cudaFree(C);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int l = 0; l < k; ++l) sum += a[i * k + l] * b[l * n + j];
      if (sum != c[i * n + j]) return printf("%d %d\n", i, j), 1;
    }
}
