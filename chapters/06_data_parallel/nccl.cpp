#include "chapters/06_data_parallel/nccl.h"

#include <dlfcn.h>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// What we need of nccl.h. Status 0 is success.
struct UniqueId {
  char bytes[128];
};
using GetUniqueId = int(UniqueId* id);
using CommInitRank = int(void** made, int ranks, UniqueId id, int rank);
using CommDestroy = int(void* nccl);
using AllReduce = int(const void* from, void* to, size_t n, int type, int operation, void* nccl, cudaStream_t stream);
using GetErrorString = const char*(int status);
constexpr int floats = 7, sum = 0;  // ncclFloat32, ncclSum

template <class Function>
Function* find(void* library, const char* name) {
  return reinterpret_cast<Function*>(library ? dlsym(library, name) : nullptr);
}

}  // namespace

Nccl::Nccl(MPI_Comm comm, std::initializer_list<const char*> names) : comm_(comm) {
  for (const char* name : names)
    if ((library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL))) break;
  const auto get_id = find<GetUniqueId>(library_, "ncclGetUniqueId");
  const auto init = find<CommInitRank>(library_, "ncclCommInitRank");
  if (!all(get_id && init && find<AllReduce>(library_, "ncclAllReduce") && find<CommDestroy>(library_, "ncclCommDestroy"))) {
    why_not_ = "no NCCL";
    return;
  }
  // Rank 0 makes a name for this group of ranks. A status other than 0 on any rank is the end on all.
  UniqueId id = {};
  int status = rank_of(comm) == 0 ? get_id(&id) : 0;
  MPI_CHECK(MPI_Bcast(&status, 1, MPI_INT, 0, comm));
  MPI_CHECK(MPI_Bcast(&id, sizeof id, MPI_BYTE, 0, comm));
  if (status == 0) status = init(&nccl_, ranks_of(comm), id, rank_of(comm));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &status, 1, MPI_INT, MPI_MAX, comm));
  if (status != 0) why_not_ = "NCCL refuses: " + words_for(status);
}

bool Nccl::all(bool here) const {
  int everywhere = here;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &everywhere, 1, MPI_INT, MPI_MIN, comm_));
  return everywhere;
}

std::string Nccl::words_for(int status) const {
  const auto words = find<GetErrorString>(library_, "ncclGetErrorString");
  return words ? words(status) : "status " + std::to_string(status);
}

Nccl::~Nccl() {
  if (nccl_) find<CommDestroy>(library_, "ncclCommDestroy")(nccl_);
  // The library stays loaded, as cuBLAS does.
}

void Nccl::allreduce(float* data, size_t n, cudaStream_t stream) {
  if (!why_not_.empty()) throw Error(why_not_);
  if (const int status = find<AllReduce>(library_, "ncclAllReduce")(data, data, n, floats, sum, nccl_, stream))
    throw Error("NCCL refuses: " + words_for(status));
}
