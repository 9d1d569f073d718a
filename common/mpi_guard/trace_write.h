// The trace's beginning and end, both collective.
#pragma once

#include <mpi.h>

namespace guard {

// In MPI_Init: reads GUARD_TRACE, and takes a first look at the other hosts' clocks. `communicator`: a duplicate
// of MPI_COMM_WORLD that is the guard's own.
void start_trace(MPI_Comm communicator, MPI_Comm node);

// In MPI_Finalize: rank 0 writes the events of all ranks.
void write_trace();

}  // namespace guard
