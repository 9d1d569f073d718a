// Copies of a part of a matrix, rows with a pitch, and cudaMemset2D's work by hand.
#include <cstdio>
__global__ void add_row_number(float* p, size_t pitch, int width, int height) {
  int c = blockIdx.x * blockDim.x + threadIdx.x, r = blockIdx.y * blockDim.y + threadIdx.y;
  if (c < width && r < height) {
    float* row = (float*)((char*)p + r * pitch);
    row[c] += 100 * r;
  }
}
int main() {
  const int width = 20, height = 6;
  const size_t pitch = 128;
  float h[height][width], r[height][width], *d;
  for (int i = 0; i < height * width; ++i) h[i / width][i % width] = i;
  cudaMalloc(&d, pitch * height);
  cudaMemset(d, 0, pitch * height);
  cudaMemcpy2D(d, pitch, h, sizeof h[0], width * sizeof(float), height, cudaMemcpyHostToDevice);
  add_row_number<<<dim3(2, 2), dim3(16, 4)>>>(d, pitch, width, height);
  cudaMemcpy2D(r, sizeof r[0], d, pitch, width * sizeof(float), height, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int i = 0; i < height; ++i)
    for (int j = 0; j < width; ++j)
      if (r[i][j] != h[i][j] + 100 * i) return printf("%d %d: %g\n", i, j, r[i][j]), 1;
}
