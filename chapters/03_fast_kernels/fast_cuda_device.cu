#include "chapters/03_fast_kernels/fast_cuda_device.h"

#include <cstring>
#include <new>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/near_cores.h"

FastCudaDevice::FastCudaDevice(int index, fast::Matmul* matmul) : CudaDevice(index), matmul_(matmul) {
  for (Staging& staging : staging_) {
    CUDA_CHECK(cudaMallocHost(&staging.memory, Staging::bytes));
    CUDA_CHECK(cudaEventCreateWithFlags(&staging.taken, cudaEventDisableTiming));
    CUDA_CHECK(cudaEventRecord(staging.taken, stream()));
  }
}

FastCudaDevice::~FastCudaDevice() {
  synchronize();
  keep_freed_memory(false);
  for (Staging& staging : staging_) {
    CUDA_CHECK(cudaEventDestroy(staging.taken));
    CUDA_CHECK(cudaFreeHost(staging.memory));
  }
}

// --- The pool --------------------------------------------------------------------------------------------------------

void FastCudaDevice::keep_freed_memory(bool keep) {
  keeps_freed_ = keep;
  while (!keep && !idle_.empty()) give_back(idle_.begin());
}

size_t FastCudaDevice::kept_bytes() const {
  size_t bytes = 0;
  for (const auto& [size, pointer] : idle_) bytes += size;
  return bytes;
}

void FastCudaDevice::give_back(std::multimap<size_t, char*>::iterator idle) {
  const auto block = blocks_.find(idle->second);
  CUDA_CHECK(cudaEventDestroy(block->second.freed));
  CudaDevice::free_bytes(block->first);
  blocks_.erase(block);
  idle_.erase(idle);
}

// The smallest block that is large enough; else a new one in place of the largest that is not.
void* FastCudaDevice::allocate_bytes(size_t bytes) {
  if (const auto fits = idle_.lower_bound(bytes); keeps_freed_ && fits != idle_.end()) {
    char* const pointer = fits->second;
    idle_.erase(fits);
    return pointer;
  }
  if (!idle_.empty()) give_back(std::prev(idle_.end()));
  char* pointer = nullptr;
  try {
    pointer = static_cast<char*>(CudaDevice::allocate_bytes(bytes));
  } catch (const std::bad_alloc&) {
    if (idle_.empty()) throw;
    while (!idle_.empty()) give_back(idle_.begin());
    pointer = static_cast<char*>(CudaDevice::allocate_bytes(bytes));
  }
  if (!keeps_freed_) return pointer;
  Block& block = blocks_[pointer];
  block.bytes = bytes;
  CUDA_CHECK(cudaEventCreateWithFlags(&block.freed, cudaEventDisableTiming));
  return pointer;
}

void FastCudaDevice::free_bytes(void* pointer) {
  const auto found = blocks_.find(static_cast<char*>(pointer));
  if (found == blocks_.end()) return CudaDevice::free_bytes(pointer);
  Block& block = found->second;
  CUDA_CHECK(cudaEventRecord(block.freed, stream()));
  block.view_is_read = true;
  const auto idle = idle_.emplace(block.bytes, found->first);
  if (!keeps_freed_) give_back(idle);
}

float* FastCudaDevice::host_view(float* p, size_t n) {
  float* const view = CudaDevice::host_view(p, n);
  const auto behind = blocks_.upper_bound(reinterpret_cast<char*>(p));
  if (behind == blocks_.begin()) return view;
  auto& [address, block] = *std::prev(behind);
  if (!block.view_is_read || reinterpret_cast<char*>(p) >= address + block.bytes) return view;
  CUDA_CHECK(cudaEventSynchronize(block.freed));
  block.view_is_read = false;
  return view;
}

void FastCudaDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (bytes > Staging::bytes) return CudaDevice::copy_bytes_in(device, host, bytes);
  Staging& staging = staging_[next_staging_];
  next_staging_ = (next_staging_ + 1) % 4;
  CUDA_CHECK(cudaEventSynchronize(staging.taken));  // of four copies ago: long over
  if (bytes > 0) std::memcpy(staging.memory, host, bytes);  // host may be null
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

void FastCudaDevice::linear_backward_input_masked(float* dx, const float* dy, const float* w, const float* x, int rows, int in,
                                                  int out) {
  fast::matmul_masked(dx, row_major(dy, out), row_major(w, out).transposed(), x, rows, in, out, stream());
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
  const int gpus = count_gpus();
  stay_near_gpu(local_rank, gpus);  // first: pinned memory and threads of the driver come where this process runs
  return std::make_unique<FastCudaDevice>(local_rank % gpus);
}
