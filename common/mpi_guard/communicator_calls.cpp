// Calls that make and free communicators. Only MPI_Comm_dup has a nonblocking twin; the others meet in a
// polled barrier first and then run under the timer.
#include <mpi.h>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/errors.h"
#include "common/mpi_guard/leftovers.h"

using namespace guard;

namespace {

Call making(Op op, const void* where, MPI_Comm comm) { return {.op = op, .where = where, .communicator = &describe(comm)}; }

int made(int error, Op op, MPI_Comm parent, const MPI_Comm* child) {
  if (error == MPI_SUCCESS) register_child(parent, *child, op);
  if (error == MPI_SUCCESS && *child != MPI_COMM_NULL) note_communicators(1);
  return error;
}

}  // namespace

int MPI_Comm_dup(MPI_Comm comm, MPI_Comm* copy) {
  const InCall call(making(Op::comm_dup, GUARD_HERE, comm));
  return made(POLITELY(Comm_dup, Comm_idup, comm, comm, copy), Op::comm_dup, comm, copy);
}

int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm* part) {
  const InCall call(making(Op::comm_split, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Comm_split(comm, color, key, part), Op::comm_split, comm, part);
}

int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  const InCall call(making(Op::comm_split_type, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Comm_split_type(comm, type, key, info, part), Op::comm_split_type, comm, part);
}

int MPI_Comm_create(MPI_Comm comm, MPI_Group group, MPI_Comm* part) {
  const InCall call(making(Op::comm_create, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Comm_create(comm, group, part), Op::comm_create, comm, part);
}

// Collective over the group alone: no barrier on the parent.
int MPI_Comm_create_group(MPI_Comm comm, MPI_Group group, int tag, MPI_Comm* part) {
  const PoliteRegion region(MPI_COMM_NULL);
  return made(PMPI_Comm_create_group(comm, group, tag, part), Op::comm_create_group, comm, part);
}

int MPI_Cart_create(MPI_Comm comm, int dimensions, const int sizes[], const int periodic[], int reorder, MPI_Comm* grid) {
  const InCall call(making(Op::cart_create, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Cart_create(comm, dimensions, sizes, periodic, reorder, grid), Op::cart_create, comm, grid);
}

int MPI_Cart_sub(MPI_Comm comm, const int keep[], MPI_Comm* part) {
  const InCall call(making(Op::cart_sub, GUARD_HERE, comm));
  const PoliteRegion region(comm);
  return made(PMPI_Cart_sub(comm, keep, part), Op::cart_sub, comm, part);
}

// Waits for nobody in the libraries we know, so no barrier.
int MPI_Comm_free(MPI_Comm* comm) {
  const InCall call(making(Op::comm_free, GUARD_HERE, *comm));
  forget(*comm);
  note_communicators(-1);
  return PMPI_Comm_free(comm);
}

int MPI_Comm_set_name(MPI_Comm comm, const char* name) {
  const int error = PMPI_Comm_set_name(comm, name);
  if (error == MPI_SUCCESS) rename(comm, name);
  return error;
}
