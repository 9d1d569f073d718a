// All ranks fail, each in its own words: what two of them say is said once, however long it is; what is no std::exception has words, too.
// ranks: 5
// status: 1
// once: weights.bin: cannot be read, and this is a long story
// once: rank 2: labels.bin: cannot be read
// once: rank 3: threw something that is no std::exception
// once: rank 4: std::terminate was called without an exception
// never: rank 0:
// never: rank 1:
#include <exception>

#include "common/error.h"
#include "common/mpi/session.h"

static int body(MpiSession& mpi, int, char**) {
  if (mpi.rank() == 2) throw Error("labels.bin: cannot be read");
  if (mpi.rank() == 3) throw 5;
  if (mpi.rank() == 4) std::terminate();
  throw Error("weights.bin: cannot be read, and this is a long story" + std::string(2000, '.'));
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
