// An allreduce between the GPUs of one node, without messages and without host memory: every rank maps the vectors of the
// others, and a kernel reads them and adds them. It is the shared window (shared_window.h) once more, in the memory of GPUs.
//
// CUDA makes a *handle* of memory or of an event: 64 bytes with which another process of the node can open it. The ranks give
// each other their handles once. From then on a kernel of one rank reads and writes the memory of the others as if it were its
// own, over NVLink or PCIe. The barriers of the shared window are events, for which the streams of the other ranks wait. The
// hosts only tell each other that an event is recorded: a stream can wait for what was recorded before, and for nothing else.
// No host waits for a GPU.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"

class PeerWindow {
 public:
  // mine (n): the beginning of an allocation of `device`; n is the same on all ranks. Collective over comm.
  // Throws Error, on all ranks, where they cannot reach each other's memory: several nodes, or CUDA refuses.
  // Must be destroyed, on all ranks, before `mine` is freed and before MPI_Finalize.
  // short_sums: the most elements that an allreduce adds in one shot; it costs twice as many of memory.
  PeerWindow(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums = one_shot);
  ~PeerWindow();
  PeerWindow(const PeerWindow&) = delete;
  PeerWindow& operator=(const PeerWindow&) = delete;

  // Each of these is collective, queues its work on a stream of the window, and returns. The work begins after the
  // operations that the device was given before. Nobody may touch the range [begin, begin + count) until finish().

  // The range, on every rank = its sum over the ranks. Order: ((x0 + x1) + x2) + ..., whatever the length.
  // Up to `short_sums` elements: 1 meeting, count (p-1) elements read from other ranks. Longer: 2 meetings, count (p-1)/p
  // elements read and as many written.
  void allreduce(size_t begin, size_t count);
  // The same for data (count) anywhere in the memory of this rank's device; or the largest instead of the sum. What is longer than
  // `short_sums` goes through the vector, from its beginning on: it must be as long, and loses what it holds.
  enum class Combine { sum, largest };
  void allreduce_of(float* data, size_t count, Combine combine = Combine::sum);
  // The same sum, but each rank gets its own block (blocks.h) of the range only; the rest keeps its operands.
  // 2 meetings, count (p-1)/p elements read.
  void reduce_scatter(size_t begin, size_t count);
  // The sum of this rank's block of the range goes to `sum` (block), memory of this rank's device. Write::accumulate: it begins with
  // what is there, ((sum + x0) + x1) + ... The vector keeps its operands, but where `sum` lies in it. Costs the same.
  void reduce_scatter_to(float* sum, size_t begin, size_t count, Write write);
  // Block r of the range, on every rank = block r of rank r. 2 meetings, count/p (p-1) elements written.
  void allgather(size_t begin, size_t count);
  // For two levels (10): each rank names parts of its own, as many as it likes. Their sums go to `sum` (count); or they go to the same
  // places of all ranks, and no two ranks name the same.  2 meetings each.
  struct Part {
    size_t begin, count;
    float* sum = nullptr;
  };
  void sum_parts(std::span<const Part> parts);
  void spread_parts(std::span<const Part> parts);

  // The operations that the device is given from now on see the results.
  void finish();
  // The host waits for all of it.
  void wait();

  static constexpr size_t one_shot = 16384;
  static constexpr int most_ranks = 32;

  // Of this rank, so far: elements that its kernels read from other ranks and wrote to them; meetings.
  struct Count {
    size_t read = 0, written = 0, meetings = 0;
  };
  const Count& counted() const { return counted_; }
  // Where an address in this rank's vector lies in it.
  size_t offset_of(const float* p) const { return size_t(p - vectors_.at[rank_]); }

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

  CudaDevice& device_;
  size_t n_, short_sums_;
  MPI_Comm comm_;
  int rank_, ranks_;
  Buffer<> box_;            // two boxes of short_sums_ elements
  Places vectors_, boxes_;  // of every rank
  std::vector<cudaEvent_t> reached_[2];  // of every rank, for every second meeting
  cudaStream_t stream_ = nullptr;
  cudaEvent_t issued_ = nullptr, finished_ = nullptr;
  size_t short_ones_ = 0;  // so far
  Count counted_;
};
