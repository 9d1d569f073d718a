// For one test program: in place of the MPI library's answer whether it takes pointers into a GPU's memory. That of common/cuda_on_cpu is
// the host's, so any MPI can send it. On a GPU it is not up to a test what MPI takes.
#pragma once

#include <mpi.h>

#include <utility>

static bool mpi_takes_pointers = false;
extern "C" int MPIX_GPU_query_support(int, int* yes) {
  *yes = mpi_takes_pointers;
  return MPI_SUCCESS;
}
extern "C" int MPIX_Query_cuda_support() { return mpi_takes_pointers; }  // Open MPI's

struct MpiTakesPointers {  // as long as it lives
  explicit MpiTakesPointers(bool takes) : before(std::exchange(mpi_takes_pointers, takes)) {}
  ~MpiTakesPointers() { mpi_takes_pointers = before; }
  const bool before;
};
