// level: core
// points: 4
// ranks: 2 3 1
// hint: Rank 0 has 1 row and ends its steps with w = 3, rank 1 has 2 rows and w = 6. What is the mean? And after which steps is there one, with 7 steps and every = 3?
#include "common/mpi/session.h"
#include "tests/exercises/traffic.h"

void local_steps(float* w, const float* x, const float* y, int rows, int features, int steps, int every, float rate, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int cases = task.number(); cases > 0; --cases) {
    const int features = task.number(), steps = task.number(), every = task.number();
    const float rate = task.real();
    Output w(task.values(size_t(features)));
    std::vector<float> x_here, y_here;
    for (int rank = 0; rank < mpi.size(); ++rank) {
      const size_t rows = size_t(task.number());
      const std::vector<float> x = task.values(rows * size_t(features)), y = task.values(rows);
      if (rank == mpi.rank()) x_here = x, y_here = y;
    }
    const Input x(x_here), y(y_here);
    Traffic traffic;
    local_steps(w, x.data(), y.data(), int(y.size()), features, steps, every, rate, MPI_COMM_WORLD);
    traffic.stop();
    task.answer(w);
    traffic.answer(task);
  }
}
