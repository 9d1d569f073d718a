// level: stretch
// points: 6
// ranks: 4 2 6
// forbids: collectives
// hint: An even rank of pair q gets the pairs q - 1, q + 1, q - 2, q + 2, ... in this order. Why, and what does an odd rank get? And how does the number of the round give the side and the distance?
#include "common/mpi/session.h"
#include "tests/exercises/05_collectives/logged_messages.h"

void allgather_neighbour_exchange(float* all, const float* mine, size_t n, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const size_t n = size_t(task.number());
  std::vector<float> mine;
  for (int rank = 0; rank < mpi.size(); ++rank) {
    const std::vector<float> values = task.values(n);
    if (rank == mpi.rank()) mine = values;
  }
  const Input given(mine);
  Output all(n * size_t(mpi.size()));
  LoggedMessages messages;
  allgather_neighbour_exchange(all, given.data(), n, MPI_COMM_WORLD);
  task.answer(all);
  messages.answer(task);
}
