// The trace's beginning and end, both collective.
#pragma once

#include <mpi.h>

namespace guard {

void start_trace(
    MPI_Comm node);  // in MPI_Init: reads GUARD_TRACE, and a first look at the other hosts' clocks
void write_trace();  // in MPI_Finalize: rank 0 writes the events of all ranks

}  // namespace guard
