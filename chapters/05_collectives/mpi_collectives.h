// Sums and gatherings by messages between GPUs: this chapter's rank order, for an MPI that takes pointers into a GPU's memory. Nothing is
// staged in memory of the host by us, and the GPU adds. How a message travels (NVLink, PCIe, the network card) is MPI's choice; other nodes
// are reached as well.
//
// MPI knows no streams. So the host waits for its GPU before it hands over a pointer: for what is sent, and for what still reads memory
// into which a message will be written. And operations on what arrives are given to the GPU when the host has waited for the message. In
// between the messages travel while the GPU works on what it was given: they are waited for in the next call, or in finish().
#pragma once

#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/messages.h"

class MpiCollectives : public GpuCollectives {
 public:
  // Throws Error, on all ranks, where the MPI of one of them does not take such pointers. Memory for what comes from other ranks, (p-1)
  // elements for each that is added here, is there for sums of short_sums elements, and allocated when more is needed.
  MpiCollectives(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums = one_shot);
  ~MpiCollectives() override;

  // Waits for the GPU: 1 in each of these, 2 in an allreduce that is longer than `short_sums`. One rank alone has nothing to wait for.
  void allreduce(size_t begin, size_t count) override;
  void allreduce_of(float* data, size_t count, Combine combine) override;
  void reserve(size_t count) override { make_room(operand(count)); }
  void reduce_scatter_to(float* sum, size_t begin, size_t count, Write write) override;
  void allgather(size_t begin, size_t count) override;
  void sum_parts(const PartsOf& parts_of) override;
  void spread_parts(const PartsOf& parts_of) override;

  void finish() override;
  void wait() override;
  bool by_peers() const override { return false; }

 private:
  void wait_for_gpu();
  void make_room(size_t each);
  size_t operand(size_t count) const;
  void send(const float* data, size_t n, int to);
  void receive_operands(size_t first, size_t n);
  void send_blocks(const float* data, size_t count);
  void gather_blocks(float* data, size_t count);
  void add(float* sum, const float* own, size_t received, size_t n, Combine combine = Combine::sum, Write write = Write::overwrite);

  Buffer<> received_;           // (ranks - 1, ...): operands of the others, in rank order
  Pending messages_;            // under way
  std::function<void()> rest_;  // what is to be done when they are there
};

// What else hands pointers into a GPU's memory to MPI needs, too. The host waits for the operations that the device was given before.
void wait_for_operations(CudaDevice& device);
// Throws Error, on all ranks of comm, where the MPI of one of them does not take such pointers.  Collective.
void require_mpi_from_gpus(MPI_Comm comm);
