// level: core
// points: 4
// ranks: 4 1 2 5
// forbids: collectives
// hint: Three owners pass their pieces to each other. If all of them send first and wait until the message has left, who receives? And which piece belongs to rank 0 if the root is rank 2 of 4?
#include "common/mpi/session.h"
#include "tests/exercises/05_collectives/logged_messages.h"

void broadcast_in_pieces(float* data, size_t n, int root, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const size_t n = size_t(task.number());
  const int root = task.number();
  const std::vector<float> values = task.values(n);
  Output data(n);
  if (mpi.rank() == root) data = Output(values);
  LoggedMessages messages;
  broadcast_in_pieces(data, n, root, MPI_COMM_WORLD);
  task.answer(data);
  messages.answer(task);
}
