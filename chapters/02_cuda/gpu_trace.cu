#include "chapters/02_cuda/gpu_trace.h"

#include <utility>

#include "chapters/02_cuda/cuda_check.h"
#include "common/mpi_guard/trace.h"

bool GpuTrace::is_on() {
  if (host_began_ || !guard_trace_stream || guard_trace_region_begin() == 0) return host_began_;
  CUDA_CHECK(cudaEventCreate(&began_));
  CUDA_CHECK(cudaEventRecord(began_, device_.stream()));
  CUDA_CHECK(cudaEventSynchronize(began_));
  host_began_ = guard_trace_region_begin();
  return true;
}

GpuTrace::~GpuTrace() {
  read(true);
  for (const Stretch& stretch : read_) {
    CUDA_CHECK(cudaEventDestroy(stretch.begin));
    CUDA_CHECK(cudaEventDestroy(stretch.end));
  }
  if (began_) CUDA_CHECK(cudaEventDestroy(began_));
}

void GpuTrace::begin(cudaStream_t stream, int row, const char* name, int number) {
  if (!is_on()) return;
  open_ = true;
  read(false);
  if (read_.empty()) {
    Stretch& made = read_.emplace_back();
    CUDA_CHECK(cudaEventCreate(&made.begin));
    CUDA_CHECK(cudaEventCreate(&made.end));
  }
  Stretch& stretch = under_way_.emplace_back(read_.front());
  read_.pop_front();
  stretch.stream = stream, stretch.row = row, stretch.name = name, stretch.number = number;
  CUDA_CHECK(cudaEventRecord(stretch.begin, stream));
}

void GpuTrace::end() {
  if (std::exchange(open_, false)) CUDA_CHECK(cudaEventRecord(under_way_.back().end, under_way_.back().stream));
}

int64_t GpuTrace::when(cudaEvent_t event) const {
  float milliseconds = 0;
  CUDA_CHECK(cudaEventElapsedTime(&milliseconds, began_, event));
  return host_began_ + int64_t(1e6 * double(milliseconds));
}

// Those that have happened; or all, and the host waits for them.
void GpuTrace::read(bool all) {
  for (; !under_way_.empty(); under_way_.pop_front()) {
    const Stretch& first = under_way_.front();
    const cudaError_t happened = all ? cudaEventSynchronize(first.end) : cudaEventQuery(first.end);
    if (happened == cudaErrorNotReady) {
      cudaGetLastError();  // it was none: the next check must not find it
      break;
    }
    CUDA_CHECK(happened);
    guard_trace_stream(first.name, first.number, when(first.begin), when(first.end), first.row);
    read_.push_back(first);
  }
}
