// Bad input that every rank sees: what rank 0 has printed, one line, and all end.
// ranks: 4
// status: 1
// once: reading
// once: digits.idx: cannot be read
#include <cstdio>
#include <stdexcept>

#include "common/mpi/session.h"

static int body(MpiSession& mpi, int, char**) {
  if (mpi.rank() == 0) std::printf("reading\n");
  throw std::runtime_error("digits.idx: cannot be read");
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
