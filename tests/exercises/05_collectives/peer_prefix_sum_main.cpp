// level: core
// points: 5
// hint: The kernel of rank 2 reads x[0] and x[1]. What must have happened on streams 0 and 1 before it may run, and what must not happen there before it has run? Who is rank 0 waiting for, then, and when has the host recorded that event?
#include <array>
#include <memory>

#include "tests/exercises/task_cuda.h"

void peer_prefix_sums(float* const* result, const float* const* x, size_t n, const cudaStream_t* streams, const cudaEvent_t* written,
                      const cudaEvent_t* read, int ranks);

extern "C" {
__attribute__((weak)) extern unsigned long cuda_on_cpu_waits;
}

// The judge gives for each rank what x holds at first, what its stream writes before each call, and afterwards; and the order in which
// the streams are waited for: where one has not been made to wait for another, that is the order in which they run.
int main(int argc, char** argv) {
  constexpr size_t most = 8, most_calls = 2;
  Task task(argc, argv);
  const size_t calls = size_t(task.number());
  const int ranks = task.number();
  const size_t n = size_t(task.number()), bytes = n * sizeof(float);
  const std::vector<int> order = task.values<int>(size_t(ranks));
  std::vector<std::unique_ptr<OnDevice<float>>> all;
  const auto on_device = [&](const std::vector<float>& values) { return static_cast<float*>(*all.emplace_back(new OnDevice<float>(values))); };

  std::array<float*, most> x{}, result{};
  std::array<std::array<float*, most>, most_calls> before{}, after{};
  std::array<std::array<OnDevice<float>*, most>, most_calls> found{}, x_found{};
  std::array<cudaStream_t, most> streams{};
  std::array<cudaEvent_t, most> written{}, read{};
  const auto own = [&] { return on_device(unwritten<float>(n)), all.back().get(); };
  for (size_t r = 0; r < size_t(ranks); ++r) {
    x[r] = on_device(task.values(n));
    result[r] = on_device(unwritten<float>(n));
    CUDA_CHECK(cudaStreamCreateWithFlags(&streams[r], cudaStreamNonBlocking));
    for (cudaEvent_t* event : {&written[r], &read[r]}) CUDA_CHECK(cudaEventCreateWithFlags(event, cudaEventDisableTiming));
    for (size_t call = 0; call < calls; ++call) {
      before[call][r] = on_device(task.values(n));
      after[call][r] = on_device(task.values(n));
      found[call][r] = own();
      x_found[call][r] = own();
    }
  }
  CUDA_CHECK(cudaDeviceSynchronize());

  const std::array<const float*, most> x_to_read = {x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]};
  double waits = 0;
  for (size_t call = 0; call < calls; ++call) {
    const auto copy_on = [&](size_t r, float* to, const float* from) {
      CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, streams[r]));
    };
    for (size_t r = 0; r < size_t(ranks); ++r) copy_on(r, x[r], before[call][r]);
    const unsigned long waits_before = &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0;
    peer_prefix_sums(result.data(), x_to_read.data(), n, streams.data(), written.data(), read.data(), ranks);
    if (&cuda_on_cpu_waits) waits += double(cuda_on_cpu_waits - waits_before);
    for (size_t r = 0; r < size_t(ranks); ++r) {
      copy_on(r, *x_found[call][r], x[r]);
      copy_on(r, x[r], after[call][r]);
      copy_on(r, *found[call][r], result[r]);
    }
  }
  for (const int r : order) CUDA_CHECK(cudaStreamSynchronize(streams[size_t(r)]));
  task.answer(waits);
  for (size_t call = 0; call < calls; ++call)
    for (size_t r = 0; r < size_t(ranks); ++r) {
      task.answer(found[call][r]->host());
      task.answer(x_found[call][r]->host());
    }
  for (size_t r = 0; r < size_t(ranks); ++r) {
    for (cudaEvent_t event : {written[r], read[r]}) CUDA_CHECK(cudaEventDestroy(event));
    CUDA_CHECK(cudaStreamDestroy(streams[r]));
  }
}
