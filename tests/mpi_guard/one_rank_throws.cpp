// One rank fails while the others wait for it: what it has printed is seen, its line names it, and all end.
// ranks: 3
// status: 1
// once: epoch 3 is over
// once: rank 1: loss: not finite in step 12
#include <cstdio>
#include <exception>

#include "common/mpi/session.h"

struct NotFinite : std::exception {
  const char* what() const noexcept override { return "loss: not finite in step 12"; }
};

static int body(MpiSession& mpi, int, char**) {
  if (mpi.rank() == 1) std::printf("epoch 3 is over\n");
  if (mpi.rank() == 1) throw NotFinite();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  return 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
