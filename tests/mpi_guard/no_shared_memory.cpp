// Nothing is wrong: one rank has no shared memory with the others. So none has a watchdog, and all go on.
// ranks: 2
// status: 0
// once: the end
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/mpi_guard/planted.h"

extern "C" int shm_open(const char* name, int flags, mode_t mode) {
  const char *mpich = std::getenv("PMI_RANK"), *open_mpi = std::getenv("OMPI_COMM_WORLD_RANK");
  const std::string rank = mpich ? mpich : open_mpi ? open_mpi : "";
  if (rank == "1" && std::string(name).starts_with("/mpi_guard.")) return errno = ENOSYS, -1;
  return open((std::string("/dev/shm") + name).c_str(), flags | O_CLOEXEC, mode);
}

void planted(int rank, int) {
  int sum = 0;
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 1) std::printf(sum == 1 ? "the end\n" : "a wrong sum\n");
}
