// NVIDIA's own allreduce between GPUs, as a yardstick. Looked for when the program runs; nothing is linked.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <initializer_list>
#include <string>

#include "chapters/02_cuda/stream.h"

class Nccl {
 public:
  // For the GPU that this rank uses. names: of the library, the first that is found. Collective over comm.
  explicit Nccl(MPI_Comm comm, std::initializer_list<const char*> names = {"libnccl.so.2", "libnccl.so"});
  ~Nccl();  // collective
  Nccl(const Nccl&) = delete;
  Nccl& operator=(const Nccl&) = delete;

  // Empty, or, on every rank the same: why it cannot add. A rank has no library; or NCCL refuses, as where two ranks have one GPU.
  const std::string& why_not() const { return why_not_; }

  // data (n), memory of the GPU, becomes the sum over the ranks, behind what is queued on the stream. Throws Error if NCCL refuses.
  void allreduce(float* data, size_t n, cudaStream_t stream);

 private:
  bool all(bool here) const;
  std::string words_for(int status) const;

  MPI_Comm comm_;
  void* library_ = nullptr;
  void* nccl_ = nullptr;  // NCCL's communicator
  std::string why_not_;
};
