// What ranks do together with vectors in the memory of their GPUs. The sums have the same bits in every way: those of rank order.
//
//   peer_window.h      GPUs of one node read and write each other's memory. No host waits for its GPU.
//   mpi_collectives.h  messages from GPU to GPU, of an MPI that takes pointers into a GPU's memory; between nodes, too.
//
// Where neither can be, vectors are copied to memory of the host, for the other collectives of this chapter.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"

// For people.
inline const char* way_between_gpus(bool peer) { return peer ? " from GPU to GPU" : ", by MPI from the GPU's memory"; }

class GpuCollectives {
 public:
  virtual ~GpuCollectives();
  GpuCollectives(const GpuCollectives&) = delete;
  GpuCollectives& operator=(const GpuCollectives&) = delete;

  // Each of these is collective. The work begins after the operations that the device was given before, and may go on when the call
  // returns. Nobody may touch the range [begin, begin + count) of the vector until finish().

  // The range, on every rank = its sum over the ranks. Order: ((x0 + x1) + x2) + ..., whatever the length.
  // Up to `short_sums` elements: count (p-1) elements of other ranks. Longer: count (p-1)/p elements, and as many given to them.
  virtual void allreduce(size_t begin, size_t count) = 0;
  // The same for data (count) anywhere in the memory of this rank's device; or the largest instead of the sum. What is longer than
  // `short_sums` may go through the vector, from its beginning on: it must be as long, and loses what it holds.
  enum class Combine { sum, largest };
  virtual void allreduce_of(float* data, size_t count, Combine combine = Combine::sum) = 0;
  // Memory for an allreduce of so many elements; otherwise the first one allocates what it needs.
  virtual void reserve(size_t /*count*/) {}
  // The same sum, but each rank gets its own block (blocks.h) of the range only; the rest keeps its operands.
  // count (p-1)/p elements of other ranks.
  void reduce_scatter(size_t begin, size_t count);
  // The sum of this rank's block of the range goes to `sum` (block), memory of this rank's device. Write::accumulate: it begins with
  // what is there, ((sum + x0) + x1) + ... The vector keeps its operands, but where `sum` lies in it. Costs the same.
  virtual void reduce_scatter_to(float* sum, size_t begin, size_t count, Write write) = 0;
  // Block r of the range, on every rank = block r of rank r. count/p (p-1) elements given to other ranks.
  virtual void allgather(size_t begin, size_t count) = 0;
  // For two levels (10): each rank has parts of its own, as many as it likes, parts_of(rank), and every rank can say all of them. Their
  // sums go to `sum` (count); or they go to the same places of all ranks, and no two ranks have the same.
  struct Part {
    size_t begin, count;
    float* sum = nullptr;  // asked for on this part's own rank only
  };
  using PartsOf = std::function<std::vector<Part>(int rank)>;
  virtual void sum_parts(const PartsOf& parts_of) = 0;
  virtual void spread_parts(const PartsOf& parts_of) = 0;

  // The operations that the device is given from now on see the results.
  virtual void finish() = 0;
  // The host waits for all of it.
  virtual void wait() = 0;

  static constexpr size_t one_shot = 16384;

  // Of this rank, so far: elements that came from other ranks to be added, and that went to them; and in what the ways differ, meetings of
  // streams, waits of the host for its GPU.
  struct Count {
    size_t read = 0, written = 0, meetings = 0, waits = 0;
  };
  const Count& counted() const { return counted_; }
  virtual bool by_peers() const = 0;
  // For a timeline: the stream of the next call, which from now on waits for what the device was given; null: it has none of its own.
  virtual cudaStream_t stream_behind() { return nullptr; }
  const char* way() const { return way_between_gpus(by_peers()); }
  // Where an address in this rank's vector lies in it.
  size_t offset_of(const float* p) const { return size_t(p - mine_); }

 protected:
  // mine (n): of `device`. Collective over comm.
  GpuCollectives(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums);
  void require_range(size_t begin, size_t count) const;

  CudaDevice& device_;
  float* mine_;
  size_t n_, short_sums_;
  MPI_Comm comm_;  // a copy: no other message meets those of the hosts
  int rank_, ranks_;
  Count counted_;
};

// exchange: "peer", "mpi", or "auto" for the first of them that can be. open(peer) opens all that is needed, or throws Error on all ranks
// and leaves nothing. Returns whether it did; if not, then through the host. what: for people, "gradients go". Where it is not the way that
// was asked for first, rank 0 of the program says why, and which way it is instead.
bool open_between_gpus(const std::string& exchange, const std::string& what, const std::function<void(bool peer)>& open);

// In one of the two ways; mine (n): the beginning of an allocation of `device`. n is the same on all ranks. Must be destroyed, on all
// ranks, before `mine` is freed and before MPI_Finalize. short_sums: the most elements that an allreduce adds in one shot.
// Throws Error, on all ranks, where it cannot be.
std::unique_ptr<GpuCollectives> make_gpu_collectives(bool peer, CudaDevice& device, float* mine, size_t n, MPI_Comm comm,
                                                     size_t short_sums = GpuCollectives::one_shot);
