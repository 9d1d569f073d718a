// level: core
// points: 5
// ranks: 2 3 1
// forbids: MPI_Allreduce MPI_Iallreduce
// hint: MPI_Reduce_scatter takes one count for each rank; MPI_Allgatherv one count and one place. Which of w, s and g do you index from the start of the vector, and which from the start of your share?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

void adagrad_step(float* w, float* s, float* g, int n, float rate, float epsilon, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int n = task.number(), steps = task.number();
  const float rate = task.real(), epsilon = task.real();
  Output w(task.values(size_t(n)));
  const size_t mine = share(size_t(n), size_t(mpi.size()), size_t(mpi.rank())).size();
  Output s(std::vector<float>(mine, 0.0f));
  for (int step = 0; step < steps; ++step) {
    std::vector<float> g;
    for (int rank = 0; rank < mpi.size(); ++rank) {
      const std::vector<float> gradient = task.values(size_t(n));
      if (rank == mpi.rank()) g = gradient;
    }
    adagrad_step(w, s, Input(g).writable(), n, rate, epsilon, MPI_COMM_WORLD);
  }
  task.answer(w);
  task.answer(s);
}
