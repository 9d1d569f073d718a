#include "chapters/02_cuda/cuda_device.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace {
constexpr int oldest_capability = 75;  // the first that the Makefile names
}

int count_gpus() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0)
    throw NoGpu(std::string("no GPU can be used: ") +
                (error == cudaSuccess ? "there is none" : cudaGetErrorString(error)) +
                " (make CUDA=cpu builds the same program for the CPU)");
  return count;
}

size_t free_gpu_memory(int index) {
  size_t free_bytes = 0, all = 0;
  CUDA_CHECK(cudaSetDevice(index));
  CUDA_CHECK(cudaMemGetInfo(&free_bytes, &all));
  return free_bytes;
}

void require_capability(const std::string& name, int major, int minor) {
  if (major * 10 + minor < oldest_capability)
    throw NoGpu(name + ": no GPU can be used: it is of compute capability " + std::to_string(major) + "." + std::to_string(minor) +
                ", and these programs are built for 7.5 and newer");
}

CudaDevice::CudaDevice(int index) {
  if (index >= count_gpus()) throw NoGpu("GPU " + std::to_string(index) + ": there is no such GPU");
  CUDA_CHECK(cudaSetDevice(index));
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  name_ = properties.name;
  require_capability(name_, properties.major, properties.minor);
  // Non-blocking: the streams wait for each other by events only, not for the default stream.
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  CUDA_CHECK(cudaStreamCreateWithFlags(&copy_stream_, cudaStreamNonBlocking));
  CUDA_CHECK(cudaEventCreateWithFlags(&computed_, cudaEventDisableTiming));
}

CudaDevice::~CudaDevice() {
  synchronize();
  row_results_ = Buffer<>();
  for (const auto& copy : copies_) give_back(copy.second);
  for (cudaEvent_t event : idle_events_) CUDA_CHECK(cudaEventDestroy(event));
  CUDA_CHECK(cudaEventDestroy(computed_));
  CUDA_CHECK(cudaStreamDestroy(copy_stream_));
  CUDA_CHECK(cudaStreamDestroy(stream_));
}

// --- Memory ----------------------------------------------------------------------------------------------------------

void* CudaDevice::allocate_bytes(size_t bytes) {
  char* pointer = nullptr;
  const cudaError_t error = cudaMalloc(&pointer, std::max(bytes, size_t{1}));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // the error has been dealt with: the next check must not find it
    throw std::bad_alloc();
  }
  CUDA_CHECK(error);
  memory_[pointer] = {bytes, nullptr};
  return pointer;
}

void CudaDevice::free_bytes(void* pointer) {
  const auto found = memory_.find(static_cast<char*>(pointer));
  synchronize();  // operations that use it may still wait in the stream
  if (found->second.view) CUDA_CHECK(cudaFreeHost(found->second.view));
  CUDA_CHECK(cudaFree(pointer));
  memory_.erase(found);
}

void CudaDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_));
  CUDA_CHECK(cudaStreamSynchronize(stream_));
}

void CudaDevice::copy_bytes_out(void* host, const void* device, size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_));
  synchronize();
}

void CudaDevice::copy(float* to, const float* from, size_t n) {
  CUDA_CHECK(cudaMemcpyAsync(to, from, n * sizeof(float), cudaMemcpyDeviceToDevice, stream_));
}

void CudaDevice::fill(float* p, float value, size_t n) { plain::fill(p, value, n, stream_); }

void CudaDevice::synchronize() {
  CUDA_CHECK(cudaStreamSynchronize(stream_));
  CUDA_CHECK(cudaStreamSynchronize(copy_stream_));
}

// --- Views and copies beside the computation -------------------------------------------------------------------------

float* CudaDevice::host_view(float* p, size_t n) {
  char* const address = reinterpret_cast<char*>(p);
  auto found = memory_.upper_bound(address);  // the first allocation behind p: p lies in the one before
  if (found == memory_.begin() || address + n * sizeof(float) > (--found)->first + found->second.bytes)
    throw std::logic_error("host_view: not memory of this device");
  Memory& memory = found->second;
  // Pinned memory stays where it is in RAM, so that the GPU can read and write it while the host does something else.
  if (!memory.view) CUDA_CHECK(cudaMallocHost(&memory.view, std::max(memory.bytes, size_t{1})));
  return reinterpret_cast<float*>(memory.view + (address - found->first));
}

void CudaDevice::copy_stream_waits() {
  CUDA_CHECK(cudaEventRecord(computed_, stream_));
  CUDA_CHECK(cudaStreamWaitEvent(copy_stream_, computed_, 0));
}

void CudaDevice::note_copy(float* p) {
  cudaEvent_t event = nullptr;
  if (idle_events_.empty()) {
    CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  } else {
    event = idle_events_.back();
    idle_events_.pop_back();
  }
  CUDA_CHECK(cudaEventRecord(event, copy_stream_));
  if (!copies_.emplace(p, event).second) throw std::logic_error("a copy of this range was begun twice");
}

cudaEvent_t CudaDevice::take_copy(float* p) {
  const auto found = copies_.find(p);
  if (found == copies_.end()) throw std::logic_error("a copy was ended that had not begun");
  const cudaEvent_t event = found->second;
  copies_.erase(found);
  return event;
}

void CudaDevice::give_back(cudaEvent_t event) { idle_events_.push_back(event); }

void CudaDevice::begin_copy_out(float* p, size_t n) {
  float* view = CudaDevice::host_view(p, n);
  copy_stream_waits();
  CUDA_CHECK(cudaMemcpyAsync(view, p, n * sizeof(float), cudaMemcpyDeviceToHost, copy_stream_));
  note_copy(p);
}

void CudaDevice::end_copy_out(float* p, size_t) {
  const cudaEvent_t copied = take_copy(p);
  CUDA_CHECK(cudaEventSynchronize(copied));
  give_back(copied);
}

void CudaDevice::begin_copy_in(float* p, size_t n) {
  const float* view = CudaDevice::host_view(p, n);
  copy_stream_waits();  // operations queued before may still read what is there now
  CUDA_CHECK(cudaMemcpyAsync(p, view, n * sizeof(float), cudaMemcpyHostToDevice, copy_stream_));
  note_copy(p);
}

void CudaDevice::end_copy_in(float* p, size_t) {
  const cudaEvent_t copied = take_copy(p);
  CUDA_CHECK(cudaStreamWaitEvent(stream_, copied, 0));
  give_back(copied);
}

// --- Operations: each queues its kernels -----------------------------------------------------------------------------

void CudaDevice::linear_forward(float* y, const float* x, const float* w, const float* b,
                                Activation activation, int rows, int in, int out) {
  plain::matmul(y, row_major(x, in), row_major(w, out), Write::overwrite, rows, out, in, stream_);
  if (b || activation != Activation::none) plain::add_bias(y, b, activation, rows, out, stream_);
}

void CudaDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows,
                                         int in, int out) {
  plain::matmul(dw, row_major(x, in).transposed(), row_major(dy, out), write, in, out, rows, stream_);
}

void CudaDevice::linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) {
  plain::column_sums(db, dy, write, rows, out, stream_);
}

void CudaDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows,
                                       int in, int out) {
  plain::matmul(dx, row_major(dy, out), row_major(w, out).transposed(), write, rows, in, out, stream_);
}

void CudaDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  plain::add_bias(y, b, activation, rows, out, stream_);
}

void CudaDevice::relu_backward(float* dy, const float* y, size_t n) {
  plain::relu_backward(dy, y, n, stream_);
}

void CudaDevice::softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale,
                                       int rows, int classes) {
  if (row_results_.size() < 2 * size_t(rows))
    row_results_ = Buffer<>(*this, 2 * size_t(rows), Purpose::workspace);
  float* maximum = row_results_;
  float* sum = maximum + rows;
  row_max(maximum, z, rows, classes);
  row_exp_sum(sum, z, maximum, rows, classes);
  softmax_finish(loss, dz, z, maximum, sum, labels, scale, rows, classes, 0);
}

void CudaDevice::row_max(float* maximum, const float* z, int rows, int classes) {
  plain::row_max(maximum, z, rows, classes, stream_);
}

void CudaDevice::row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) {
  plain::row_exp_sum(sum, z, maximum, rows, classes, stream_);
}

void CudaDevice::softmax_finish(float* loss, float* dz, const float* z, const float* maximum,
                                const float* sum, const int* labels, float scale, int rows, int classes,
                                int first_class) {
  plain::softmax_finish(loss, dz, z, maximum, sum, labels, scale, rows, classes, first_class, stream_);
}

void CudaDevice::add(float* y, const float* x, size_t n) { plain::add(y, x, n, stream_); }
void CudaDevice::scale(float* y, float factor, size_t n) { plain::scale(y, factor, n, stream_); }
void CudaDevice::sgd(float* w, const float* g, float rate, size_t n) { plain::sgd(w, g, rate, n, stream_); }

void CudaDevice::momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) {
  plain::momentum(w, v, g, rate, mu, n, stream_);
}

void CudaDevice::adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                      float epsilon, int step, size_t n) {
  plain::adam(w, m, v, g, rate, beta1, beta2, epsilon, step, n, stream_);
}
