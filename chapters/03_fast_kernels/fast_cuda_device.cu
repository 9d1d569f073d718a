#include "chapters/03_fast_kernels/fast_cuda_device.h"

#include <cstring>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/make_device.h"

FastCudaDevice::FastCudaDevice(int index, fast::Matmul* matmul) : CudaDevice(index), matmul_(matmul) {
  for (Staging& staging : staging_) {
    CUDA_CHECK(cudaMallocHost(&staging.memory, Staging::bytes));
    CUDA_CHECK(cudaEventCreateWithFlags(&staging.taken, cudaEventDisableTiming));
    CUDA_CHECK(cudaEventRecord(staging.taken, stream()));
  }
}

FastCudaDevice::~FastCudaDevice() {
  synchronize();
  for (Staging& staging : staging_) {
    CUDA_CHECK(cudaEventDestroy(staging.taken));
    CUDA_CHECK(cudaFreeHost(staging.memory));
  }
}

void FastCudaDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (bytes > Staging::bytes) return CudaDevice::copy_bytes_in(device, host, bytes);
  Staging& staging = staging_[next_staging_];
  next_staging_ = (next_staging_ + 1) % 4;
  CUDA_CHECK(cudaEventSynchronize(staging.taken));  // of four copies ago: long over
  std::memcpy(staging.memory, host, bytes);
  CUDA_CHECK(cudaMemcpyAsync(device, staging.memory, bytes, cudaMemcpyHostToDevice, stream()));
  CUDA_CHECK(cudaEventRecord(staging.taken, stream()));
}

void FastCudaDevice::linear_forward(float* y, const float* x, const float* w, const float* b,
                                    Activation activation, int rows, int in, int out) {
  matmul(y, row_major(x, in), row_major(w, out), rows, out, in, {.bias = b, .activation = activation});
}

void FastCudaDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write write,
                                             int rows, int in, int out) {
  matmul(dw, row_major(x, in).transposed(), row_major(dy, out), in, out, rows, {.write = write});
}

void FastCudaDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows,
                                           int in, int out) {
  matmul(dx, row_major(dy, out), row_major(w, out).transposed(), rows, in, out, {.write = write});
}

void FastCudaDevice::linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) {
  fast::column_sums(db, dy, write, rows, out, stream());
}

void FastCudaDevice::softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels,
                                           float scale, int rows, int classes) {
  fast::softmax_cross_entropy(loss, dz, z, labels, scale, rows, classes, stream());
}

void FastCudaDevice::momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) {
  fast::momentum(w, v, g, rate, mu, n, stream());
}

void FastCudaDevice::adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                          float epsilon, int step, size_t n) {
  if (adam_step_) return fast::adam_counted(w, m, v, g, rate, beta1, beta2, epsilon, corrections_, adam_step_, n, stream());
  fast::adam(w, m, v, g, rate, beta1, beta2, epsilon, step, n, stream());
}

std::unique_ptr<Device> make_device(const std::string& name, int local_rank) {
  if (name != "cuda") return make_cpu_device();
  return std::make_unique<FastCudaDevice>(local_rank % count_gpus());
}
