// A sparse matrix (CSR) times a vector: a thread for each row, then a warp for each row.
#include <cstdio>
#include <vector>
__global__ void spmv_scalar(int rows, const int* ptr, const int* indices, const float* data, const float* x, float* y) {
  int row = blockDim.x * blockIdx.x + threadIdx.x;
  if (row < rows) {
    float dot = 0;
    for (int jj = ptr[row]; jj < ptr[row + 1]; jj++) dot += data[jj] * __ldg(&x[indices[jj]]);
    y[row] = dot;
  }
}
__global__ void spmv_vector(int rows, const int* ptr, const int* indices, const float* data, const float* x, float* y) {
  int thread_id = blockDim.x * blockIdx.x + threadIdx.x, row = thread_id / 32, lane = thread_id & 31;
  if (row >= rows) return;
  float sum = 0;
  for (int jj = ptr[row] + lane; jj < ptr[row + 1]; jj += 32) sum += data[jj] * x[indices[jj]];
  for (int d = 16; d > 0; d >>= 1) sum += __shfl_down_sync(0xffffffff, sum, d);
  if (lane == 0) y[row] += sum;
}
template <class T> T* on_device(const std::vector<T>& h) {
  T* d;
  cudaMalloc(&d, h.size() * sizeof(T));
  cudaMemcpy(d, h.data(), h.size() * sizeof(T), cudaMemcpyHostToDevice);
  return d;
}
int main() {
  const int rows = 45;
  std::vector<int> ptr{0}, indices;
  std::vector<float> data, x, expected(rows), y(rows);
  for (int r = 0; r < rows; ++r) {
    x.push_back(r % 4);
    for (int c = r % 3; c < rows; c += 1 + r % 5) indices.push_back(c), data.push_back(float((r + c) % 6));
    ptr.push_back(int(indices.size()));
  }
  for (int r = 0; r < rows; ++r)
    for (int j = ptr[r]; j < ptr[r + 1]; ++j) expected[r] += 2 * data[j] * x[indices[j]];
  int *dp = on_device(ptr), *di = on_device(indices);
  float *dd = on_device(data), *dx = on_device(x), *dy = on_device(y);
  spmv_scalar<<<1, 64>>>(rows, dp, di, dd, dx, dy);
  spmv_vector<<<(rows * 32 + 127) / 128, 128>>>(rows, dp, di, dd, dx, dy);
  cudaMemcpy(y.data(), dy, rows * sizeof(float), cudaMemcpyDeviceToHost);
  cudaFree(dp), cudaFree(di), cudaFree(dd), cudaFree(dx), cudaFree(dy);
  return y == expected ? 0 : 1;
}
