// A struct with pointers and an array in it, given to a kernel by value, and a matrix class with methods.
#include <cstdio>
typedef struct { int width, height, stride; float* elements; } Matrix;
struct Settings { float weights[4]; int count; bool twice; };
__device__ float GetElement(const Matrix A, int row, int col) { return A.elements[row * A.stride + col]; }
__device__ void SetElement(Matrix A, int row, int col, float value) { A.elements[row * A.stride + col] = value; }
__device__ Matrix GetSubMatrix(Matrix A, int row, int col) {
  Matrix Asub;
  Asub.width = Asub.height = 4;
  Asub.stride = A.stride;
  Asub.elements = &A.elements[A.stride * 4 * row + 4 * col];
  return Asub;
}
__global__ void weigh(const Matrix from, Matrix to, const Settings settings) {
  Matrix a = GetSubMatrix(from, blockIdx.y, blockIdx.x), b = GetSubMatrix(to, blockIdx.y, blockIdx.x);
  float v = GetElement(a, threadIdx.y, threadIdx.x) * settings.weights[threadIdx.x % settings.count];
  SetElement(b, threadIdx.y, threadIdx.x, settings.twice ? 2 * v : v);
}
int main() {
  const int n = 16;
  float h[n * n], r[n * n];
  for (int i = 0; i < n * n; ++i) h[i] = i;
  Matrix a = {n, n, n, nullptr}, b = a;
  cudaMalloc(&a.elements, sizeof h);
  cudaMalloc(&b.elements, sizeof h);
  cudaMemcpy(a.elements, h, sizeof h, cudaMemcpyHostToDevice);
  weigh<<<dim3(4, 4), dim3(4, 4)>>>(a, b, Settings{{1, 2, 3, 4}, 4, true});
  cudaMemcpy(r, b.elements, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(a.elements);
  cudaFree(b.elements);
  for (int i = 0; i < n * n; ++i)
    if (r[i] != h[i] * (i % 4 + 1) * 2) return printf("%d: %g\n", i, r[i]), 1;
}
