// Chapter 01's sum of squares over the ranks of a communicator: whole numbers, so any order of MPI's additions gives the same.
#pragma once

#include "chapters/01_serial/gradient_norm.h"
#include "common/mpi/session.h"

// The same on every rank.  Collective.
inline void sum_over_ranks(SquareSum& sum, MPI_Comm comm) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sum.digits.data(), SquareSum::places, MPI_INT64_T, MPI_SUM, comm));
}
