// The events of one rank, kept in memory until MPI_Finalize merges those of all ranks.
#pragma once

#include <mpi.h>

#include <cstdint>

#include "common/mpi_guard/call.h"

namespace guard {

extern bool tracing;

int64_t trace_now();  // nanoseconds on this host's clock

// Records `call`, which began at `begin` and ends now.
void trace_call(const Call& call, int64_t begin);

void start_trace(MPI_Comm node);  // collective, in MPI_Init
void write_trace();               // collective, in MPI_Finalize

// Bytes of one element of `type`; 0 for a null type.
int64_t size_of(MPI_Datatype type);

}  // namespace guard
