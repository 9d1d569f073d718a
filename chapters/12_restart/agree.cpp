#include "chapters/12_restart/agree.h"

#include <cstdio>

#include "common/error.h"
#include "common/mpi/session.h"

void agree(const std::string& problem, MPI_Comm comm) {
  const int ranks = ranks_of(comm);
  int who = problem.empty() ? ranks : rank_of(comm), first = 0;
  MPI_CHECK(MPI_Allreduce(&who, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first == ranks) return;
  char text[512] = "";
  std::snprintf(text, sizeof text, "%s", problem.c_str());
  MPI_CHECK(MPI_Bcast(text, sizeof text, MPI_CHAR, first, comm));
  throw Error(text);
}

std::string from_rank_0(std::string bytes, MPI_Comm comm) {
  int length = int(bytes.size());
  MPI_CHECK(MPI_Bcast(&length, 1, MPI_INT, 0, comm));
  bytes.resize(size_t(length));
  MPI_CHECK(MPI_Bcast(bytes.data(), length, MPI_BYTE, 0, comm));
  return bytes;
}
