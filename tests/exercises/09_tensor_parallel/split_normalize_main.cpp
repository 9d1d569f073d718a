// level: warm-up
// points: 3
// ranks: 2 3 1
// hint: (x - mean)² = x² - 2 x mean + mean². Sum that over a row: what is left, and which of it can be added up before the mean is known?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/traffic.h"

void split_normalize(float* y, const float* x, int rows, int columns, double epsilon, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int rows = task.number(), columns = task.number();
  const double epsilon = task.real();
  const std::vector<float> whole = task.values(size_t(rows) * size_t(columns));
  const Range mine = share(size_t(columns), size_t(mpi.size()), size_t(mpi.rank()));
  std::vector<float> x;
  for (size_t r = 0; r < size_t(rows); ++r)
    for (size_t c = mine.first; c < mine.last; ++c) x.push_back(whole[r * size_t(columns) + c]);
  const Input here(x);
  Output y(x.size());
  Traffic traffic;
  split_normalize(y, here.data(), rows, columns, epsilon, MPI_COMM_WORLD);
  traffic.stop();
  task.answer(y);
  traffic.answer(task);
}
