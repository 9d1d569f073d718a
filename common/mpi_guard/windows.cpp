// One-sided communication: the calls that synchronise. None has a nonblocking twin. Those that are collective
// meet first in a polled barrier, on a duplicate of the communicator that the window was made on.
#include <mpi.h>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/wait.h"

using namespace guard;

namespace {

Handle key(MPI_Win window) { return (Handle)(window); }

Call on_communicator(Op op, const void* where, MPI_Comm comm) {
  return {.op = op, .where = where, .communicator = &describe(comm)};
}

Call on_window(Op op, const void* where, const Owner& owner, int target = MPI_PROC_NULL) {
  return {.op = op, .where = where, .communicator = owner.described, .peer = target};
}

int made(int error, const MPI_Win* window, MPI_Comm comm) {
  if (error == MPI_SUCCESS) remember_owner(key(*window), comm);
  return error;
}

}  // namespace

int MPI_Win_create(void* base, MPI_Aint bytes, int unit, MPI_Info info, MPI_Comm comm, MPI_Win* window) {
  const InCall call(on_communicator(Op::win_create, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Win_create(base, bytes, unit, info, comm, window), window, comm);
}

int MPI_Win_allocate(MPI_Aint bytes, int unit, MPI_Info info, MPI_Comm comm, void* base, MPI_Win* window) {
  const InCall call(on_communicator(Op::win_allocate, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Win_allocate(bytes, unit, info, comm, base, window), window, comm);
}

int MPI_Win_allocate_shared(MPI_Aint bytes, int unit, MPI_Info info, MPI_Comm comm, void* base,
                            MPI_Win* window) {
  const InCall call(on_communicator(Op::win_allocate_shared, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Win_allocate_shared(bytes, unit, info, comm, base, window), window, comm);
}

int MPI_Win_free(MPI_Win* window) {
  Owner owner = forget_owner(key(*window));
  const InCall call(on_window(Op::win_free, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  const int error = PMPI_Win_free(window);
  if (owner.barrier != MPI_COMM_NULL) PMPI_Comm_free(&owner.barrier);
  return error;
}

int MPI_Win_fence(int assertion, MPI_Win window) {
  const Owner owner = owner_of(key(window));
  const InCall call(on_window(Op::win_fence, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  return PMPI_Win_fence(assertion, window);
}

int MPI_Win_lock(int type, int target, int assertion, MPI_Win window) {
  const InCall call(on_window(Op::win_lock, GUARD_HERE, owner_of(key(window)), target));
  const YieldByTimer timer(polite);
  return PMPI_Win_lock(type, target, assertion, window);
}

int MPI_Win_unlock(int target, MPI_Win window) {
  const InCall call(on_window(Op::win_unlock, GUARD_HERE, owner_of(key(window)), target));
  const YieldByTimer timer(polite);
  return PMPI_Win_unlock(target, window);
}

int MPI_Win_lock_all(int assertion, MPI_Win window) {
  const InCall call(on_window(Op::win_lock_all, GUARD_HERE, owner_of(key(window))));
  const YieldByTimer timer(polite);
  return PMPI_Win_lock_all(assertion, window);
}

int MPI_Win_unlock_all(MPI_Win window) {
  const InCall call(on_window(Op::win_unlock_all, GUARD_HERE, owner_of(key(window))));
  const YieldByTimer timer(polite);
  return PMPI_Win_unlock_all(window);
}

int MPI_Win_flush(int target, MPI_Win window) {
  const InCall call(on_window(Op::win_flush, GUARD_HERE, owner_of(key(window)), target));
  const YieldByTimer timer(polite);
  return PMPI_Win_flush(target, window);
}

int MPI_Win_flush_all(MPI_Win window) {
  const InCall call(on_window(Op::win_flush_all, GUARD_HERE, owner_of(key(window))));
  const YieldByTimer timer(polite);
  return PMPI_Win_flush_all(window);
}
