// A job of which MPI says that it is on several hosts. For one file of a test program.
#pragma once

#include <dlfcn.h>

#include "common/mpi/session.h"

// So long as one lives, MPI finds so many ranks on each host, in the order of their numbers in the world.
class HostsOf {
 public:
  explicit HostsOf(int ranks) { ranks_ = ranks; }
  ~HostsOf() { ranks_ = 0; }
  HostsOf(const HostsOf&) = delete;
  HostsOf& operator=(const HostsOf&) = delete;

  static int ranks() { return ranks_; }
  // Without the guard between them MPI is not told. Collective.
  static bool are_told() {
    MPI_Comm host;
    MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host));
    int told = ranks_of(host) <= ranks_;
    MPI_CHECK(MPI_Comm_free(&host));
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &told, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
    return told;
  }

 private:
  static inline int ranks_ = 0;  // 0: as MPI says
};

// What the guard calls.
extern "C" int PMPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  static const auto real = reinterpret_cast<int (*)(MPI_Comm, int, int, MPI_Info, MPI_Comm*)>(dlsym(RTLD_NEXT, "PMPI_Comm_split_type"));
  return HostsOf::ranks() > 0 ? PMPI_Comm_split(comm, rank_of(MPI_COMM_WORLD) / HostsOf::ranks(), key, part) : real(comm, type, key, info, part);
}
