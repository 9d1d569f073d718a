// The collective calls of MPI's file interface. As for windows: a polled barrier, then the call under the timer.
#include <mpi.h>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/wait.h"

using namespace guard;

namespace {

Handle key(MPI_File file) { return (Handle)(file); }

Call on_file(Op op, const void* where, const Owner& owner, int64_t count = 0,
             MPI_Datatype type = MPI_DATATYPE_NULL) {
  Call call;
  call.op = op;
  call.where = where;
  call.communicator = owner.described;
  call.count = count;
  call.type = type;
  return call;
}

}  // namespace

int MPI_File_open(MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* file) {
  Owner owner;
  owner.described = &describe(comm);
  const InCall call(on_file(Op::file_open, GUARD_HERE, owner));
  const PoliteRegion region(comm);
  const int error = PMPI_File_open(comm, name, mode, info, file);
  if (error == MPI_SUCCESS) remember_owner(key(*file), comm);
  return error;
}

int MPI_File_close(MPI_File* file) {
  Owner owner = forget_owner(key(*file));
  const InCall call(on_file(Op::file_close, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  const int error = PMPI_File_close(file);
  if (owner.barrier != MPI_COMM_NULL) PMPI_Comm_free(&owner.barrier);
  return error;
}

int MPI_File_set_size(MPI_File file, MPI_Offset bytes) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_set_size, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_set_size(file, bytes);
}

int MPI_File_preallocate(MPI_File file, MPI_Offset bytes) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_preallocate, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_preallocate(file, bytes);
}

int MPI_File_set_view(MPI_File file, MPI_Offset start, MPI_Datatype element, MPI_Datatype view,
                      const char* format, MPI_Info info) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_set_view, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_set_view(file, start, element, view, format, info);
}

int MPI_File_sync(MPI_File file) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_sync, GUARD_HERE, owner));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_sync(file);
}

int MPI_File_read_all(MPI_File file, void* buffer, int count, MPI_Datatype type, MPI_Status* status) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_read_all, GUARD_HERE, owner, count, type));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_read_all(file, buffer, count, type, status);
}

int MPI_File_write_all(MPI_File file, const void* buffer, int count, MPI_Datatype type, MPI_Status* status) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_write_all, GUARD_HERE, owner, count, type));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_write_all(file, buffer, count, type, status);
}

int MPI_File_read_at_all(MPI_File file, MPI_Offset start, void* buffer, int count, MPI_Datatype type,
                         MPI_Status* status) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_read_at_all, GUARD_HERE, owner, count, type));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_read_at_all(file, start, buffer, count, type, status);
}

int MPI_File_write_at_all(MPI_File file, MPI_Offset start, const void* buffer, int count, MPI_Datatype type,
                          MPI_Status* status) {
  const Owner owner = owner_of(key(file));
  const InCall call(on_file(Op::file_write_at_all, GUARD_HERE, owner, count, type));
  const PoliteRegion region(owner.barrier);
  return PMPI_File_write_at_all(file, start, buffer, count, type, status);
}
