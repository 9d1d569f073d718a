// A convolution of an image with a mask in constant memory, blocks of two dimensions, zeros outside.
#include <cstdio>
#define MASK_WIDTH 5
__constant__ float M[MASK_WIDTH][MASK_WIDTH];
__global__ void convolution(const float* P, float* Q, int height, int width) {
  int col = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
  if (row >= height || col >= width) return;
  float sum = 0;
  for (int i = 0; i < MASK_WIDTH; ++i)
    for (int j = 0; j < MASK_WIDTH; ++j) {
      int r = row + i - MASK_WIDTH / 2, c = col + j - MASK_WIDTH / 2;
      if (r >= 0 && r < height && c >= 0 && c < width) sum += M[i][j] * P[r * width + c];
    }
  Q[row * width + col] = sum;
}
int main() {
  const int height = 21, width = 45;
  static float image[height * width], result[height * width], mask[MASK_WIDTH][MASK_WIDTH];
  for (int i = 0; i < height * width; ++i) image[i] = i % 9;
  for (int i = 0; i < MASK_WIDTH * MASK_WIDTH; ++i) mask[i / MASK_WIDTH][i % MASK_WIDTH] = i % 4;
  float *p, *q;
  cudaMalloc(&p, sizeof image);
  cudaMalloc(&q, sizeof image);
  cudaMemcpy(p, image, sizeof image, cudaMemcpyHostToDevice);
  cudaMemcpyToSymbol(M, mask, sizeof mask);
  dim3 block(16, 16), grid((width + block.x - 1) / block.x, (height + block.y - 1) / block.y);
  convolution<<<grid, block>>>(p, q, height, width);
  cudaMemcpy(result, q, sizeof result, cudaMemcpyDeviceToHost);
  cudaFree(p);
  cudaFree(q);
  for (int row = 0; row < height; ++row)
    for (int col = 0; col < width; ++col) {
      float sum = 0;
      for (int i = 0; i < MASK_WIDTH; ++i)
        for (int j = 0; j < MASK_WIDTH; ++j) {
          int r = row + i - 2, c = col + j - 2;
          if (r >= 0 && r < height && c >= 0 && c < width) sum += mask[i][j] * image[r * width + c];
        }
      if (sum != result[row * width + col]) return printf("%d %d\n", row, col), 1;
    }
}
