#include "chapters/02_cuda/gpu_clock.h"

#include "chapters/02_cuda/cuda_check.h"

GpuClock::~GpuClock() {
  for (const auto* stretches : {&under_way_, &read_})
    for (const Stretch& stretch : *stretches) {
      CUDA_CHECK(cudaEventDestroy(stretch.begin));
      CUDA_CHECK(cudaEventDestroy(stretch.end));
    }
}

void GpuClock::begin() {
  if (read_.empty()) {
    Stretch& made = read_.emplace_back();
    CUDA_CHECK(cudaEventCreate(&made.begin));
    CUDA_CHECK(cudaEventCreate(&made.end));
  }
  under_way_.push_back(read_.front());
  read_.pop_front();
  CUDA_CHECK(cudaEventRecord(under_way_.back().begin, device_.stream()));
}

void GpuClock::end() { CUDA_CHECK(cudaEventRecord(under_way_.back().end, device_.stream())); }

double GpuClock::seconds() {
  for (; !under_way_.empty(); under_way_.pop_front()) {
    const Stretch& first = under_way_.front();
    const cudaError_t happened = cudaEventQuery(first.end);
    if (happened == cudaErrorNotReady) {
      cudaGetLastError();  // it was none: the next check must not find it
      break;
    }
    CUDA_CHECK(happened);
    float milliseconds = 0;
    CUDA_CHECK(cudaEventElapsedTime(&milliseconds, first.begin, first.end));
    seconds_ += 1e-3 * double(milliseconds);
    read_.push_back(first);
  }
  return seconds_;
}
