// The library's way to few large writes: each rank says where its numbers are, in memory and in the file, and all call one function.
#pragma once

#include <mpi.h>

#include <span>
#include <string>

#include "chapters/10_hybrid/segments.h"

// Writes the segments of all ranks behind the place of the header, which is not written, and flushes.  `memory` is the host's.  Collective.
void write_all_by_mpi(const std::string& file, std::span<const Segment> segments, MPI_Comm comm);
