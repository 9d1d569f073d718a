// A class that owns device memory, moved and swapped; kernels in a namespace and as friends of nobody.
#include <cstdio>
#include <utility>
#include <vector>
namespace gpu {
template <class T> class Buffer {
 public:
  explicit Buffer(size_t n) : size_(n) { cudaMalloc(&data_, n * sizeof(T)); }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
  ~Buffer() { cudaFree(data_); }
  void upload(const std::vector<T>& h) { cudaMemcpy(data_, h.data(), size_ * sizeof(T), cudaMemcpyHostToDevice); }
  std::vector<T> download() const {
    std::vector<T> h(size_);
    cudaMemcpy(h.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost);
    return h;
  }
  T* data() const { return data_; }
  size_t size() const { return size_; }
 private:
  T* data_ = nullptr;
  size_t size_;
};
template <typename T> __global__ void square(T* p, size_t n) {
  size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x;
  if (i < n) p[i] *= p[i];
}
template <typename T> void square(const Buffer<T>& b) { square<<<(b.size() + 63) / 64, 64>>>(b.data(), b.size()); }
}  // namespace gpu
int main() {
  std::vector<double> h(100);
  for (size_t i = 0; i < h.size(); ++i) h[i] = double(i);
  gpu::Buffer<double> made(h.size());
  made.upload(h);
  gpu::Buffer<double> b = std::move(made);
  gpu::square(b);
  gpu::square<double><<<2, 64>>>(b.data(), b.size());
  std::vector<double> r = b.download();
  for (size_t i = 0; i < h.size(); ++i)
    if (r[i] != h[i] * h[i] * h[i] * h[i]) return printf("%zu: %g\n", i, r[i]), 1;
}
