// level: core
// points: 5
// ranks: 5 1 7
// forbids: collectives
// hint: Write 0 to 8 in base 3 and draw the tree. Rank 3 is "10": from which ranks does it receive, and how do their numbers differ from its own? When may it stop looking at higher digits?
#include "common/mpi/session.h"
#include "tests/exercises/05_collectives/logged_messages.h"

void knomial_reduce(float* result, const float* data, size_t n, int k, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const size_t n = size_t(task.number());
  const int k = task.number();
  Output data(0), result(mpi.rank() == 0 ? n : 0);
  for (int rank = 0; rank < mpi.size(); ++rank) {
    const std::vector<float> values = task.values(n);
    if (rank == mpi.rank()) data = Output(values);
  }
  LoggedMessages messages;
  knomial_reduce(mpi.rank() == 0 ? result.data() : nullptr, data, n, k, MPI_COMM_WORLD);
  task.answer(data);
  messages.answer(task);
  task.answer(result);
}
