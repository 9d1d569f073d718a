// Collectives. When polite, a blocking collective is its nonblocking twin and a polite wait. The two do not match
// each other, which is why `polite` is the same on all ranks.
#include <mpi.h>

#include <numeric>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/errors.h"
#include "common/mpi_guard/page.h"

using namespace guard;

namespace {

constexpr int no_root = MPI_PROC_NULL;

Call collective(Op op, const void* where, MPI_Comm comm, int root, int64_t count, MPI_Datatype type) {
  return {.op = op, .where = where, .communicator = &describe(comm), .peer = root, .count = count, .type = type};
}

// For the calls with a count per rank: together. No question to MPI, which would complain of a bad `comm` in another name.
int64_t sum(const int counts[], MPI_Comm comm) {
  return counts ? std::accumulate(counts, counts + describe(comm).world_ranks.size(), int64_t{0}) : 0;
}

bool is_rank(int root, MPI_Comm comm) { return describe(comm).world_rank(root) == slot->world_rank; }

}  // namespace

int MPI_Barrier(MPI_Comm comm) {
  const InCall call(collective(Op::barrier, GUARD_HERE, comm, no_root, 0, MPI_DATATYPE_NULL));
  return POLITELY(Barrier, Ibarrier, comm, comm);
}

int MPI_Bcast(void* buffer, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const InCall call(collective(Op::bcast, GUARD_HERE, comm, root, count, type));
  return POLITELY(Bcast, Ibcast, comm, buffer, count, type, root, comm);
}

int MPI_Reduce(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, int root, MPI_Comm comm) {
  const InCall call(collective(Op::reduce, GUARD_HERE, comm, root, count, type));
  return POLITELY(Reduce, Ireduce, comm, send, recv, count, type, operation, root, comm);
}

int MPI_Allreduce(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  const InCall call(collective(Op::allreduce, GUARD_HERE, comm, no_root, count, type));
  return POLITELY(Allreduce, Iallreduce, comm, send, recv, count, type, operation, comm);
}

int MPI_Gather(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
               MPI_Datatype recv_type, int root, MPI_Comm comm) {
  const bool in_place = send == MPI_IN_PLACE;  // the root only
  const InCall call(collective(Op::gather, GUARD_HERE, comm, root, in_place ? recv_count : send_count, in_place ? recv_type : send_type));
  return POLITELY(Gather, Igather, comm, send, send_count, send_type, recv, recv_count, recv_type, root, comm);
}

int MPI_Gatherv(const void* send, int send_count, MPI_Datatype send_type, void* recv, const int recv_counts[],
                const int starts[], MPI_Datatype recv_type, int root, MPI_Comm comm) {
  const InCall call(collective(Op::gatherv, GUARD_HERE, comm, root, send == MPI_IN_PLACE ? 0 : send_count,
                               send == MPI_IN_PLACE ? MPI_DATATYPE_NULL : send_type));
  return POLITELY(Gatherv, Igatherv, comm, send, send_count, send_type, recv, recv_counts, starts, recv_type, root, comm);
}

int MPI_Scatter(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
                MPI_Datatype recv_type, int root, MPI_Comm comm) {
  const bool sends = is_rank(root, comm);
  const InCall call(collective(Op::scatter, GUARD_HERE, comm, root, sends ? send_count : recv_count, sends ? send_type : recv_type));
  return POLITELY(Scatter, Iscatter, comm, send, send_count, send_type, recv, recv_count, recv_type, root, comm);
}

int MPI_Scatterv(const void* send, const int send_counts[], const int starts[], MPI_Datatype send_type,
                 void* recv, int recv_count, MPI_Datatype recv_type, int root, MPI_Comm comm) {
  const InCall call(collective(Op::scatterv, GUARD_HERE, comm, root, recv == MPI_IN_PLACE ? 0 : recv_count,
                               recv == MPI_IN_PLACE ? MPI_DATATYPE_NULL : recv_type));
  return POLITELY(Scatterv, Iscatterv, comm, send, send_counts, starts, send_type, recv, recv_count, recv_type, root, comm);
}

int MPI_Allgather(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
                  MPI_Datatype recv_type, MPI_Comm comm) {
  const InCall call(collective(Op::allgather, GUARD_HERE, comm, no_root, recv_count, recv_type));
  return POLITELY(Allgather, Iallgather, comm, send, send_count, send_type, recv, recv_count, recv_type, comm);
}

int MPI_Allgatherv(const void* send, int send_count, MPI_Datatype send_type, void* recv, const int recv_counts[], const int starts[],
                   MPI_Datatype recv_type, MPI_Comm comm) {
  const InCall call(collective(Op::allgatherv, GUARD_HERE, comm, no_root, send == MPI_IN_PLACE ? 0 : send_count,
                               send == MPI_IN_PLACE ? MPI_DATATYPE_NULL : send_type));
  return POLITELY(Allgatherv, Iallgatherv, comm, send, send_count, send_type, recv, recv_counts, starts, recv_type, comm);
}

int MPI_Alltoall(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
                 MPI_Datatype recv_type, MPI_Comm comm) {
  const InCall call(collective(Op::alltoall, GUARD_HERE, comm, no_root, recv_count, recv_type));
  return POLITELY(Alltoall, Ialltoall, comm, send, send_count, send_type, recv, recv_count, recv_type, comm);
}

int MPI_Alltoallv(const void* send, const int send_counts[], const int send_starts[], MPI_Datatype send_type, void* recv,
                  const int recv_counts[], const int recv_starts[], MPI_Datatype recv_type, MPI_Comm comm) {
  const InCall call(collective(Op::alltoallv, GUARD_HERE, comm, no_root, sum(recv_counts, comm), recv_type));
  return POLITELY(Alltoallv, Ialltoallv, comm, send, send_counts, send_starts, send_type, recv, recv_counts, recv_starts, recv_type, comm);
}

int MPI_Reduce_scatter(const void* send, void* recv, const int recv_counts[], MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  const InCall call(collective(Op::reduce_scatter, GUARD_HERE, comm, no_root, sum(recv_counts, comm), type));
  return POLITELY(Reduce_scatter, Ireduce_scatter, comm, send, recv, recv_counts, type, operation, comm);
}

int MPI_Reduce_scatter_block(const void* send, void* recv, int recv_count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  const InCall call(collective(Op::reduce_scatter_block, GUARD_HERE, comm, no_root, recv_count, type));
  return POLITELY(Reduce_scatter_block, Ireduce_scatter_block, comm, send, recv, recv_count, type, operation, comm);
}

int MPI_Scan(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  const InCall call(collective(Op::scan, GUARD_HERE, comm, no_root, count, type));
  return POLITELY(Scan, Iscan, comm, send, recv, count, type, operation, comm);
}

int MPI_Exscan(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  const InCall call(collective(Op::exscan, GUARD_HERE, comm, no_root, count, type));
  return POLITELY(Exscan, Iexscan, comm, send, recv, count, type, operation, comm);
}
