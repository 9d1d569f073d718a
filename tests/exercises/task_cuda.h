// Device memory for the mains of CUDA tasks.
#pragma once

#include <cuda_runtime.h>

#include <cstring>
#include <exception>
#include <vector>

#include "chapters/02_cuda/cuda_check.h"
#include "tests/exercises/task.h"

// The stand-in for CUDA on the CPU counts kernels, copies to the host, and what kernels do to memory. The judge wants to know those of the
// student's function, and finds them in a file.
extern "C" {
__attribute__((weak)) extern unsigned long cuda_on_cpu_launches, cuda_on_cpu_blocks, cuda_on_cpu_threads, cuda_on_cpu_copies_out;
__attribute__((weak)) extern unsigned long cuda_on_cpu_accesses[6];
}
struct CountedCalls {
  unsigned long our_copies = 0;
  ~CountedCalls() {
    if (!&cuda_on_cpu_launches || !&cuda_on_cpu_copies_out || !&cuda_on_cpu_accesses) return;  // on a GPU nobody counts
    FILE* file = std::fopen("cuda_calls", "w");
    if (!file) return;
    std::fprintf(file, "%lu %lu %lu %lu", cuda_on_cpu_launches, cuda_on_cpu_copies_out - our_copies, cuda_on_cpu_blocks, cuda_on_cpu_threads);
    for (const unsigned long number : cuda_on_cpu_accesses) std::fprintf(file, " %lu", number);
    std::fclose(file);
  }
};
inline CountedCalls counted_calls;

// An array of the host, copied to the device. Its guards are cuda_on_cpu's or the GPU's own.
template <class T = float>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& values) : size_(values.size()) {
    CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&data_), (size_ + (size_ == 0)) * sizeof(T)));
    CUDA_CHECK(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~OnDevice() { cudaFree(data_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  operator T*() const { return data_; }

  // Waits for the kernels, then copies back.
  std::vector<T> host() const {
    std::vector<T> values(size_);
    CUDA_CHECK(cudaDeviceSynchronize());
    CUDA_CHECK(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost));
    counted_calls.our_copies += size_ > 0;
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t size_;
};

// One that the student's function only reads. That it is changed is said when the function is over.
template <class T = float>
class InputOnDevice : private OnDevice<T> {
 public:
  explicit InputOnDevice(const std::vector<T>& values) : OnDevice<T>(values), given_(values) {}
  ~InputOnDevice() {
    if (std::uncaught_exceptions() > 0) return;
    const std::vector<T> values = this->host();
    if (given_.empty() || std::memcmp(values.data(), given_.data(), values.size() * sizeof(T)) == 0) return;
    say_of_input("changes", values.size());
    _exit(1);
  }
  operator const T*() const { return static_cast<T*>(static_cast<const OnDevice<T>&>(*this)); }

 private:
  std::vector<T> given_;
};

// Device memory that the student's function fills: n elements, all bits set (NaN; integers: -1) at first.
template <class T>
std::vector<T> unwritten(size_t n) {
  std::vector<T> values(n);
  if (n > 0) std::memset(values.data(), 0xff, n * sizeof(T));
  return values;
}
