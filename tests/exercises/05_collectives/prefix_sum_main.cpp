// level: warm-up
// points: 3
// ranks: 4 1 2 5
// forbids: collectives
// hint: Rank 3 wants x0 + x1 + x2. Somebody has x0 + x1 when it has done its own work: who, and what must it add before it sends?
#include "common/mpi/session.h"
#include "tests/exercises/05_collectives/logged_messages.h"

void exclusive_prefix_sum(float* result, const float* x, size_t n, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const size_t n = size_t(task.number());
  Output x(0), result(n);
  for (int rank = 0; rank < mpi.size(); ++rank) {
    const std::vector<float> values = task.values(n);
    if (rank == mpi.rank()) x = Output(values);
  }
  LoggedMessages messages;
  exclusive_prefix_sum(result, x, n, MPI_COMM_WORLD);
  task.answer(result);
  task.answer(x);
  messages.answer(task);
}
