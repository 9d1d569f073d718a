// Nothing is wrong: whether ranks wait politely is what GUARD_WAIT says on rank 0, here to one rank that has its core and to one that asks
// for the other way.
// ranks: 2
// status: 0
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/mpi_guard/wait.h"
#include "tests/mpi_guard/planted.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Before MPI_Init.
const std::string asked = [] {
  const std::string all = environment("GUARD_WAIT");
  if (environment("PMI_RANK") + environment("OMPI_COMM_WORLD_RANK") == "1") setenv("GUARD_WAIT", all == "polite" ? "plain" : "polite", 1);
  return all;
}();

}  // namespace

void planted(int rank, int) {
  if (guard::polite != (asked == "polite")) std::printf("guard: rank %d waits %s, asked for: %s\n", rank, guard::polite ? "politely" : "as MPI does", asked.c_str());
}
