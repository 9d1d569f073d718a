// Objects with virtual functions, made by new in one kernel, used in a second and deleted in a third.
#include <cstdio>
struct Shape { __device__ virtual float area() const = 0; __device__ virtual ~Shape() {} };
struct Disc : Shape { float r; __device__ Disc(float r) : r(r) {} __device__ float area() const override { return 3 * r * r; } };
struct Box : Shape { float a; __device__ Box(float a) : a(a) {} __device__ float area() const override { return a * a; } };
__global__ void make(Shape** list) {
  if (threadIdx.x == 0 && blockIdx.x == 0) { list[0] = new Disc(2); list[1] = new Box(3); }
}
__global__ void areas(Shape** list, float* y) { y[threadIdx.x] = list[threadIdx.x]->area(); }
__global__ void remove(Shape** list) { delete list[0]; delete list[1]; }
int main() {
  Shape** list; float h[2], *d;
  cudaMalloc(&list, 2 * sizeof *list); cudaMalloc(&d, sizeof h);
  make<<<1, 1>>>(list);
  areas<<<1, 2>>>(list, d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  remove<<<1, 1>>>(list);
  printf("%s\n", cudaGetErrorString(cudaDeviceSynchronize()));
  if (h[0] != 12 || h[1] != 9) return printf("%g %g\n", h[0], h[1]), 1;
  cudaFree(d); cudaFree(list);
}
