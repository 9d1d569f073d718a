// While it lives, ranks wait politely, or as MPI does. Made by all ranks of MPI_COMM_WORLD together.
#pragma once

#include <mpi.h>

#include "common/mpi_guard/wait.h"

struct Politely {
  const bool before = guard::polite;
  explicit Politely(bool wanted) {
    PMPI_Barrier(MPI_COMM_WORLD);
    guard::polite = wanted;
  }
  ~Politely() { guard::polite = before; }
};
