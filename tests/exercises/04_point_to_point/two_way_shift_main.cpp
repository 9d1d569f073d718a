// level: core
// points: 4
// ranks: 3 2 1
// forbids: collectives
// hint: MPI_Sendrecv twice would do; what do two nonblocking receives, started first, spare you? And which of two messages from one rank matches which receive?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void two_way_shift(float* from_left, float* from_right, const float* to_left, const float* to_right, int n,
                   MPI_Comm comm);

// Several messages, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int cases = task.number(); cases > 0; --cases) {
    const int n = task.number();
    std::vector<float> to_left, to_right;  // of this rank, out of those of all ranks
    for (int rank = 0; rank < mpi.size(); ++rank) {
      const std::vector<float> left = task.values(size_t(n)), right = task.values(size_t(n));
      if (rank == mpi.rank()) to_left = left, to_right = right;
    }
    const Input left(to_left), right(to_right);
    Output from_left(n), from_right(n);
    two_way_shift(from_left, from_right, left.data(), right.data(), n, MPI_COMM_WORLD);
    task.answer(from_left);
    task.answer(from_right);
  }
}
