// What opening each other's GPU memory has in common: calls of which one may fail on one rank only. For .cu files.
#pragma once

#include <mpi.h>

#include <string>

#include "chapters/02_cuda/cuda_check.h"
#include "common/mpi/session.h"

struct PeerCalls {
  cudaError_t error = cudaSuccess;  // the first

  void attempt(cudaError_t result) { error = error == cudaSuccess ? result : error; }
  void open(float*& place, const cudaIpcMemHandle_t& handle) {
    attempt(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&place), handle, cudaIpcMemLazyEnablePeerAccess));
  }

  // On every rank the same: why the calls of one of them failed, or "".  Collective.
  std::string agree(MPI_Comm comm) const {
    int worst = error;
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MAX, comm));
    if (worst == cudaSuccess) return "";
    cudaGetLastError();  // it has been dealt with: the next check must not find it
    return std::string("the GPUs of these ranks cannot reach each other: ") + cudaGetErrorString(cudaError_t(worst));
  }
};
