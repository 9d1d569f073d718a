#include "chapters/05_collectives/peer_reach.h"

#include "chapters/02_cuda/cuda_check.h"
#include "common/mpi/session.h"

namespace {

// The same number on all ranks of a node: that of the first of them.
int first_of_node(MPI_Comm comm) {
  MPI_Comm node;
  MPI_CHECK(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  int first = rank_of(comm);
  MPI_CHECK(MPI_Bcast(&first, 1, MPI_INT, 0, node));
  MPI_CHECK(MPI_Comm_free(&node));
  return first;
}

// Empty for success. An error has been dealt with: the next check must not find it.
std::string words(cudaError_t error) {
  if (error != cudaSuccess) cudaGetLastError();
  return error == cudaSuccess ? "" : cudaGetErrorString(error);
}

std::string why_not_opened(const cudaIpcMemHandle_t& handle) {
  void* place = nullptr;
  const cudaError_t error = cudaIpcOpenMemHandle(&place, handle, cudaIpcMemLazyEnablePeerAccess);
  if (error == cudaSuccess) CUDA_CHECK(cudaIpcCloseMemHandle(place));
  return words(error);
}

}  // namespace

std::vector<std::string> why_not_reached(CudaDevice& device, MPI_Comm comm) {
  struct Offer {
    int node, error;
    cudaIpcMemHandle_t handle;
  };
  const int rank = rank_of(comm);
  const Buffer box(device, 1, Purpose::exchange);
  std::vector<Offer> offers(size_t(ranks_of(comm)), Offer{});
  Offer& own = offers[size_t(rank)];
  own.node = first_of_node(comm);
  own.error = cudaIpcGetMemHandle(&own.handle, box.data());
  words(cudaError_t(own.error));
  MPI_CHECK(MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, offers.data(), sizeof(Offer), MPI_BYTE, comm));

  std::vector<std::string> why(offers.size());
  for (size_t other = 0; other < offers.size(); ++other) {
    if (int(other) == rank) continue;
    if (offers[other].node != own.node) why[other] = "another node";
    else if (offers[other].error != cudaSuccess) why[other] = cudaGetErrorString(cudaError_t(offers[other].error));
    else why[other] = why_not_opened(offers[other].handle);
  }
  MPI_CHECK(MPI_Barrier(comm));  // nobody has open what is freed now
  return why;
}
