// Messages from and to the memory of a device.
//
// A pointer into a GPU's memory means nothing to most MPI libraries: they read and write host memory. So a vector on a GPU
// takes two steps: from the GPU into pinned host memory beside it (Device::host_view), and from there to another rank. On the
// CPU the view is the vector itself, and nothing is copied.
#pragma once

#include <mpi.h>

#include <string>

#include "chapters/01_serial/device.h"

struct GpuSupport {
  bool direct = false;  // this library would take device pointers of CUDA in MPI calls
  std::string reason;   // one line for people: who says so
};

// Asks the MPI library: MPIX_GPU_query_support (MPICH), else MPIX_Query_cuda_support (Open MPI and older MPICH). Neither is
// in the MPI standard, so they are looked up in the running program; a library that has neither is taken to say no.
// hello prints it, and chapter 06 has a way that needs a yes. The functions below do not. After MPI_Init.
// look_up: the address of a function of this program by its name, or null; tests have another one.
void* function_of_this_program(const char* name);
GpuSupport mpi_gpu_support(void* (*look_up)(const char* name) = function_of_this_program);

// Host memory with the contents of p (n), for MPI to read until p is written again. The device is waited for.  p is memory
// of `device`; n at most INT_MAX, else Error.
const float* readable_by_mpi(Device& device, float* p, size_t n);

// p (n) is memory of `device`. As MPI_Send and MPI_Recv: they return when p may be written again, or read by operations
// of the device that are issued later. n at most INT_MAX, else Error.
void send_from_device(Device& device, float* p, size_t n, int destination, int tag, MPI_Comm comm);
void receive_to_device(Device& device, float* p, size_t n, int source, int tag, MPI_Comm comm);
