// level: core
// points: 5
// ranks: 2 3 1
// hint: Can a class be among the k best of all, and not among the k best of its rank? What do you send where a rank has fewer than k?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/traffic.h"

void top_k(int* top, const float* z, int rows, int classes, int k, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int rows = task.number(), classes = task.number(), k = task.number();
  const std::vector<float> whole = task.values(size_t(rows) * size_t(classes));
  const Range mine = share(size_t(classes), size_t(mpi.size()), size_t(mpi.rank()));
  std::vector<float> z;
  for (size_t r = 0; r < size_t(rows); ++r)
    for (size_t c = mine.first; c < mine.last; ++c) z.push_back(whole[r * size_t(classes) + c]);
  const Input here(z);
  Output<int> top(size_t(rows) * size_t(k));
  Traffic traffic;
  top_k(top, here.data(), rows, classes, k, MPI_COMM_WORLD);
  traffic.stop();
  task.answer(top);
  traffic.answer(task);
}
