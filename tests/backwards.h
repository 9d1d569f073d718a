// The world the other way round: what forgets which communicator it was given, and takes the world, finds other ranks there.
#pragma once

#include <mpi.h>

#include "common/mpi/session.h"

struct Backwards {  // collective
  Backwards() { MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -rank_of(MPI_COMM_WORLD), &comm)); }
  ~Backwards() { MPI_CHECK(MPI_Comm_free(&comm)); }
  Backwards(const Backwards&) = delete;
  Backwards& operator=(const Backwards&) = delete;
  MPI_Comm comm = MPI_COMM_NULL;
};
