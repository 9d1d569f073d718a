// An error that one rank sees and the others do not: a full disk, say. A rank that gave up alone would leave the others waiting
// in their next collective. So the ranks agree after each phase of their work: all go on, or all throw.
#pragma once

#include <mpi.h>

#include <string>

// Throws Error with the problem of the lowest rank that has one, on all ranks. An empty text is none.  Collective.
void agree(const std::string& problem, MPI_Comm comm);

// The bytes that rank 0 has, on all ranks, where rank 0 alone looks at a folder, or at the beginning of a file.  Collective.
std::string from_rank_0(std::string bytes, MPI_Comm comm);
