// An allreduce between the GPUs of one node, without messages and without host memory: every rank maps the vectors of the
// others, and a kernel reads them and adds them. It is the shared window (shared_window.h) once more, in the memory of GPUs.
//
// CUDA makes a *handle* of memory or of an event: 64 bytes with which another process of the node can open it. The ranks give
// each other their handles once. From then on a kernel of one rank reads and writes the memory of the others as if it were its
// own, over NVLink or PCIe. The barriers of the shared window are events, for which the streams of the other ranks wait. The
// hosts only tell each other that an event is recorded: a stream can wait for what was recorded before, and for nothing else.
// No host waits for a GPU.
#pragma once

#include "chapters/05_collectives/gpu_collectives.h"

class PeerWindow : public GpuCollectives {
 public:
  // As make_gpu_collectives; two boxes of short_sums elements.
  // Throws Error, on all ranks, where they cannot reach each other's memory: several nodes, or CUDA refuses.
  PeerWindow(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums = one_shot);
  ~PeerWindow() override;

  // Each of these queues its work on a stream of the window. Up to `short_sums` elements of an allreduce: 1 meeting; everything else: 2.
  void allreduce(size_t begin, size_t count) override;
  void allreduce_of(float* data, size_t count, Combine combine = Combine::sum) override;
  void reduce_scatter_to(float* sum, size_t begin, size_t count, Write write) override;
  void allgather(size_t begin, size_t count) override;
  void sum_parts(const PartsOf& parts_of) override;
  void spread_parts(const PartsOf& parts_of) override;

  void finish() override;
  void wait() override;
  bool by_peers() const override { return true; }
  cudaStream_t stream_behind() override;

  static constexpr int most_ranks = 32;

  // The same place in the memory of several ranks, for a kernel.
  struct Places {
    int count = 0;
    float* at[most_ranks + 1] = {};  // and one more for what a sum begins with
    Places operator+(size_t offset) const;
  };

 private:
  void open_others();
  void release();
  void start(size_t begin, size_t count);
  void meet();
  void in_one_shot(float* data, size_t count, Combine combine);
  void in_two_shots(size_t begin, size_t count, Combine combine);
  void add(const Places& to, const Places& from, size_t n, Combine combine = Combine::sum);
  Places mine() const { return {1, {vectors_.at[rank_]}}; }

  Buffer<> box_;            // two boxes of short_sums_ elements
  Places vectors_, boxes_;  // of every rank
  std::vector<cudaEvent_t> reached_[2];  // of every rank, for every second meeting
  cudaStream_t stream_ = nullptr;
  cudaEvent_t issued_ = nullptr, finished_ = nullptr;
  size_t short_ones_ = 0;  // so far
};
