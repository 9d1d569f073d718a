// A transposition through a padded tile in shared memory, eight rows of threads for 32 rows of the tile.
#include <cstdio>
const int TILE_DIM = 32, BLOCK_ROWS = 8;
__global__ void transpose(float* odata, const float* idata) {
  __shared__ float tile[TILE_DIM][TILE_DIM + 1];
  int x = blockIdx.x * TILE_DIM + threadIdx.x, y = blockIdx.y * TILE_DIM + threadIdx.y, width = gridDim.x * TILE_DIM, height = gridDim.y * TILE_DIM;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS) tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
  __syncthreads();
  x = blockIdx.y * TILE_DIM + threadIdx.x;
  y = blockIdx.x * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS) odata[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
}
int main() {
  const int nx = 96, ny = 64;
  static float h[ny][nx], t[nx][ny];
  for (int i = 0; i < ny; ++i)
    for (int j = 0; j < nx; ++j) h[i][j] = i * nx + j;
  float *in, *out;
  cudaMalloc(&in, sizeof h);
  cudaMalloc(&out, sizeof h);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  dim3 dimGrid(nx / TILE_DIM, ny / TILE_DIM, 1), dimBlock(TILE_DIM, BLOCK_ROWS, 1);
  transpose<<<dimGrid, dimBlock>>>(out, in);
  cudaMemcpy(t, out, sizeof t, cudaMemcpyDeviceToHost);
  cudaFree(in);
  cudaFree(out);
  for (int i = 0; i < ny; ++i)
    for (int j = 0; j < nx; ++j)
      if (t[j][i] != h[i][j]) return printf("%d %d\n", i, j), 1;
}
