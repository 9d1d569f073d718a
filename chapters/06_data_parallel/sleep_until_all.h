// A barrier whose waiting costs no processor time: for ranks that have nothing to do while one of them is measured.
#pragma once

#include <mpi.h>
#include <unistd.h>

#include "common/mpi/session.h"

inline void sleep_until_all_are_here(MPI_Comm comm) {
  MPI_Request request;
  MPI_CHECK(MPI_Ibarrier(comm, &request));
  for (int complete = 0;; usleep(500)) {
    MPI_CHECK(MPI_Test(&request, &complete, MPI_STATUS_IGNORE));
    if (complete) return;
  }
}
