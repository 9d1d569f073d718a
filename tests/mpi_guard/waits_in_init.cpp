// Nothing is wrong: while MPI begins, a timer takes the core from a rank that shares it, here rank 0, which takes a single one, and from no other.
// ranks: 2
// status: 0
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/mpi_guard/planted.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Before MPI_Init.
const int cores = [] {
  cpu_set_t mine;
  sched_getaffinity(0, sizeof mine, &mine);
  if (environment("PMI_RANK") + environment("OMPI_COMM_WORLD_RANK") == "0") {
    CPU_ZERO(&mine);
    CPU_SET(sched_getcpu(), &mine);
    sched_setaffinity(0, sizeof mine, &mine);
  }
  return CPU_COUNT(&mine);
}();
bool with_timer = false;

}  // namespace

// In the place of MPI's own, which it calls.
extern "C" int PMPI_Init(int* argc, char*** argv) {
  struct sigaction now;
  sigaction(SIGURG, nullptr, &now);
  with_timer = now.sa_handler != SIG_DFL;
  return reinterpret_cast<int (*)(int*, char***)>(dlsym(RTLD_NEXT, "PMPI_Init"))(argc, argv);
}

void planted(int rank, int) {
  if (with_timer != (cores < 2)) std::printf("guard: rank %d, which has %d cores, begins %s a timer\n", rank, cores, with_timer ? "with" : "without");
}
