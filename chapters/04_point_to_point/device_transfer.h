// Messages from and to the memory of a device.
//
// MPI reads and writes host memory. A vector on a GPU therefore takes two steps: from the GPU into pinned host memory
// beside it, and from there over the network. An MPI library that was built for it takes the GPU's pointer itself.
// Device::host_view knows which of the two it is; on the CPU it is neither, but the vector itself.
#pragma once

#include <mpi.h>

#include <string>

#include "chapters/01_serial/device.h"

struct GpuSupport {
  bool direct = false;  // MPI calls may be given device pointers of CUDA
  std::string reason;   // one line for people: who says so
};

// Asks the MPI library: MPIX_GPU_query_support (MPICH), else MPIX_Query_cuda_support (Open MPI and older MPICH). Neither is
// in the MPI standard, so they are looked up in the running program; a library that has neither is taken to say no.
// After MPI_Init.
GpuSupport mpi_gpu_support();

// p (n) is memory of `device`. As MPI_Send and MPI_Recv: they return when p may be written again, or read by operations
// of the device that are issued later. n at most INT_MAX.
void send_from_device(Device& device, float* p, size_t n, int destination, int tag, MPI_Comm comm);
void receive_to_device(Device& device, float* p, size_t n, int source, int tag, MPI_Comm comm);
