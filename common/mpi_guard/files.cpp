// The collective calls of MPI's file interface. As for windows: a polled barrier, then the call under the timer.
#include <mpi.h>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/wait.h"

using namespace guard;

namespace {

Handle key(MPI_File file) { return (Handle)(file); }

// One of these calls from its beginning to its end.
class OnFile {
 public:
  OnFile(Op op, const void* where, const Owner& owner, int64_t count = 0, MPI_Datatype type = MPI_DATATYPE_NULL)
      : call_({.op = op, .where = where, .communicator = owner.described, .count = count, .type = type}), region_(owner.barrier) {}
  OnFile(Op op, const void* where, MPI_File file, int64_t count = 0, MPI_Datatype type = MPI_DATATYPE_NULL)
      : OnFile(op, where, owner_of(key(file)), count, type) {}

 private:
  InCall call_;
  PoliteRegion region_;
};

}  // namespace

int MPI_File_open(MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* file) {
  const OnFile call(Op::file_open, GUARD_HERE, Owner{comm, &describe(comm)});
  const int error = PMPI_File_open(comm, name, mode, info, file);
  if (error == MPI_SUCCESS) remember_owner(key(*file), comm);
  return error;
}

int MPI_File_close(MPI_File* file) {
  Owner owner = forget_owner(key(*file));
  const OnFile call(Op::file_close, GUARD_HERE, owner);
  const int error = PMPI_File_close(file);
  if (owner.barrier != MPI_COMM_NULL) PMPI_Comm_free(&owner.barrier);
  return error;
}

int MPI_File_set_size(MPI_File file, MPI_Offset bytes) {
  const OnFile call(Op::file_set_size, GUARD_HERE, file);
  return PMPI_File_set_size(file, bytes);
}

int MPI_File_preallocate(MPI_File file, MPI_Offset bytes) {
  const OnFile call(Op::file_preallocate, GUARD_HERE, file);
  return PMPI_File_preallocate(file, bytes);
}

int MPI_File_set_view(MPI_File file, MPI_Offset start, MPI_Datatype element, MPI_Datatype view,
                      const char* format, MPI_Info info) {
  const OnFile call(Op::file_set_view, GUARD_HERE, file);
  return PMPI_File_set_view(file, start, element, view, format, info);
}

int MPI_File_sync(MPI_File file) {
  const OnFile call(Op::file_sync, GUARD_HERE, file);
  return PMPI_File_sync(file);
}

int MPI_File_read_all(MPI_File file, void* buffer, int count, MPI_Datatype type, MPI_Status* status) {
  const OnFile call(Op::file_read_all, GUARD_HERE, file, count, type);
  return PMPI_File_read_all(file, buffer, count, type, status);
}

int MPI_File_write_all(MPI_File file, const void* buffer, int count, MPI_Datatype type, MPI_Status* status) {
  const OnFile call(Op::file_write_all, GUARD_HERE, file, count, type);
  return PMPI_File_write_all(file, buffer, count, type, status);
}

int MPI_File_read_at_all(MPI_File file, MPI_Offset start, void* buffer, int count, MPI_Datatype type,
                         MPI_Status* status) {
  const OnFile call(Op::file_read_at_all, GUARD_HERE, file, count, type);
  return PMPI_File_read_at_all(file, start, buffer, count, type, status);
}

int MPI_File_write_at_all(MPI_File file, MPI_Offset start, const void* buffer, int count, MPI_Datatype type,
                          MPI_Status* status) {
  const OnFile call(Op::file_write_at_all, GUARD_HERE, file, count, type);
  return PMPI_File_write_at_all(file, start, buffer, count, type, status);
}
