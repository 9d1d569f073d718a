// Who does not give a communicator back notices it after 2048 of them, with MPICH. So long as this lives, all but some of those are taken:
// what makes and ends one a hundred times and more shows that it gives them back.
#pragma once

#include <mpi.h>

#include <vector>

#include "common/mpi/session.h"

class FewCommunicators {
 public:
  static constexpr int turns = 150;  // more than are left
  FewCommunicators() {
    for (MPI_Comm& comm : taken_) MPI_CHECK(MPI_Comm_dup(MPI_COMM_SELF, &comm));
  }
  ~FewCommunicators() {
    for (MPI_Comm& comm : taken_) MPI_CHECK(MPI_Comm_free(&comm));
  }
  FewCommunicators(const FewCommunicators&) = delete;
  FewCommunicators& operator=(const FewCommunicators&) = delete;

 private:
  std::vector<MPI_Comm> taken_ = std::vector<MPI_Comm>(1950);
};
