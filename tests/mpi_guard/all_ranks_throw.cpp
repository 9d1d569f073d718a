// Bad input that every rank sees: one line, and all end.
// ranks: 4
// status: 1
// once: digits.idx: cannot be read
#include <stdexcept>

#include "common/mpi/session.h"

static int body(MpiSession&, int, char**) { throw std::runtime_error("digits.idx: cannot be read"); }

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
