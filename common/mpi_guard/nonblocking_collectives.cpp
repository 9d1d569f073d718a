// Nonblocking collectives: they begin here and are waited for elsewhere, so they are only remembered.
#include <mpi.h>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"

using namespace guard;

namespace {

// Counts the call, and remembers it for the day its request is waited for.
int begun(int error, Op op, const void* where, MPI_Comm comm, int root, int64_t count, MPI_Datatype type, MPI_Request* request) {
  if (error == MPI_SUCCESS)
    start_request({.op = op, .where = where, .communicator = &describe(comm), .peer = root, .count = count, .type = type}, *request);
  return error;
}

constexpr int no_root = MPI_PROC_NULL;

}  // namespace

int MPI_Ibarrier(MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ibarrier(comm, request);
  return begun(error, Op::ibarrier, GUARD_HERE, comm, no_root, 0, MPI_DATATYPE_NULL, request);
}

int MPI_Ibcast(void* buffer, int count, MPI_Datatype type, int root, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ibcast(buffer, count, type, root, comm, request);
  return begun(error, Op::ibcast, GUARD_HERE, comm, root, count, type, request);
}

int MPI_Ireduce(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, int root,
                MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ireduce(send, recv, count, type, operation, root, comm, request);
  return begun(error, Op::ireduce, GUARD_HERE, comm, root, count, type, request);
}

int MPI_Iallreduce(const void* send, void* recv, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Iallreduce(send, recv, count, type, operation, comm, request);
  return begun(error, Op::iallreduce, GUARD_HERE, comm, no_root, count, type, request);
}

int MPI_Igather(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count, MPI_Datatype recv_type, int root,
                MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Igather(send, send_count, send_type, recv, recv_count, recv_type, root, comm, request);
  return begun(error, Op::igather, GUARD_HERE, comm, root, send == MPI_IN_PLACE ? recv_count : send_count,
               send == MPI_IN_PLACE ? recv_type : send_type, request);
}

int MPI_Iscatter(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count, MPI_Datatype recv_type, int root,
                 MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Iscatter(send, send_count, send_type, recv, recv_count, recv_type, root, comm, request);
  return begun(error, Op::iscatter, GUARD_HERE, comm, root, recv == MPI_IN_PLACE ? send_count : recv_count,
               recv == MPI_IN_PLACE ? send_type : recv_type, request);
}

int MPI_Iallgather(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
                   MPI_Datatype recv_type, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Iallgather(send, send_count, send_type, recv, recv_count, recv_type, comm, request);
  return begun(error, Op::iallgather, GUARD_HERE, comm, no_root, recv_count, recv_type, request);
}

int MPI_Iallgatherv(const void* send, int send_count, MPI_Datatype send_type, void* recv, const int recv_counts[], const int starts[],
                    MPI_Datatype recv_type, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Iallgatherv(send, send_count, send_type, recv, recv_counts, starts, recv_type, comm, request);
  return begun(error, Op::iallgatherv, GUARD_HERE, comm, no_root, send == MPI_IN_PLACE ? 0 : send_count,
               send == MPI_IN_PLACE ? MPI_DATATYPE_NULL : send_type, request);
}

int MPI_Ialltoall(const void* send, int send_count, MPI_Datatype send_type, void* recv, int recv_count,
                  MPI_Datatype recv_type, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ialltoall(send, send_count, send_type, recv, recv_count, recv_type, comm, request);
  return begun(error, Op::ialltoall, GUARD_HERE, comm, no_root, recv_count, recv_type, request);
}

int MPI_Ireduce_scatter(const void* send, void* recv, const int recv_counts[], MPI_Datatype type,
                        MPI_Op operation, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ireduce_scatter(send, recv, recv_counts, type, operation, comm, request);
  return begun(error, Op::ireduce_scatter, GUARD_HERE, comm, no_root, recv_counts[0], type, request);
}

int MPI_Ireduce_scatter_block(const void* send, void* recv, int recv_count, MPI_Datatype type,
                              MPI_Op operation, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Ireduce_scatter_block(send, recv, recv_count, type, operation, comm, request);
  return begun(error, Op::ireduce_scatter_block, GUARD_HERE, comm, no_root, recv_count, type, request);
}
