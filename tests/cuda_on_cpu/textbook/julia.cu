// A picture of a fractal: complex numbers as a class with __device__ methods, a grid of single threads.
#include <cstdio>
#define DIM 40
struct cuComplex_ {
  float r, i;
  __host__ __device__ cuComplex_(float a, float b) : r(a), i(b) {}
  __host__ __device__ float magnitude2(void) const { return r * r + i * i; }
  __host__ __device__ cuComplex_ operator*(const cuComplex_& a) const { return cuComplex_(r * a.r - i * a.i, i * a.r + r * a.i); }
  __host__ __device__ cuComplex_ operator+(const cuComplex_& a) const { return cuComplex_(r + a.r, i + a.i); }
};
__host__ __device__ int julia(int x, int y) {
  const float scale = 1.5f;
  float jx = scale * (float)(DIM / 2 - x) / (DIM / 2), jy = scale * (float)(DIM / 2 - y) / (DIM / 2);
  cuComplex_ c(-0.8f, 0.156f), a(jx, jy);
  for (int i = 0; i < 50; i++) {
    a = a * a + c;
    if (a.magnitude2() > 1000) return 0;
  }
  return 1;
}
__global__ void kernel(unsigned char* ptr) {
  int x = blockIdx.x, y = blockIdx.y, offset = x + y * gridDim.x;
  ptr[offset] = 255 * julia(x, y);
}
int main() {
  unsigned char h[DIM * DIM], *d;
  cudaMalloc((void**)&d, sizeof h);
  dim3 grid(DIM, DIM);
  kernel<<<grid, 1>>>(d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  int different = 0;
  for (int i = 0; i < DIM * DIM; ++i) different += h[i] != 255 * julia(i % DIM, i / DIM);
  return different <= 4 ? 0 : 1;  // a GPU fuses multiplications and additions, which moves single points of the edge
}
