// level: stretch
// points: 6
// ranks: 3 1 2 5
// forbids: collectives strangers
// hint: Three ranks have the losses 3, 2 and 1: what has each of them after phases 0, 1 and 2? Which call lets two ranks send to each other at once, however long the messages are?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void odd_even_sort(float* losses, const int* counts, MPI_Comm comm);

// Several sorts, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int cases = task.number(); cases > 0; --cases) {
    std::vector<int> counts = task.values<int>(size_t(mpi.size()));
    std::vector<float> mine;
    for (int rank = 0; rank < mpi.size(); ++rank) {
      const std::vector<float> piece = task.values(size_t(counts[size_t(rank)]));
      if (rank == mpi.rank()) mine = piece;
    }
    Output losses(mine);
    // Where there is no rank a count is 0, so that it is MPI that complains about a message to a rank beyond the last.
    counts.insert(counts.begin(), 0);
    counts.push_back(0);
    const Input given(counts);
    odd_even_sort(losses, given.data() + 1, MPI_COMM_WORLD);
    task.answer(losses);
  }
}
