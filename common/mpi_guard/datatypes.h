// Names and sizes of MPI's own datatypes, without an MPI call: the helper thread may make none.
#pragma once

#include <mpi.h>

#include <cstdint>

namespace guard {

const char* name_of(MPI_Datatype type);    // "a derived type" for those that the program made
int64_t size_if_known(MPI_Datatype type);  // bytes; -1 for those that the program made

}  // namespace guard
