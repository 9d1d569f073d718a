// level: stretch
// points: 6
// ranks: 2 1 3
// hint: On level l the left operands are the multiples of 2 times 2^l. If each sum stays where its left operand was, who sends what to whom, and what do you do when both are yours?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

void tree_sum(float* total, float* mine, int n, int micro_batches, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int n = task.number(), micro_batches = task.number();
  const std::vector<float> all = task.values(size_t(n) * size_t(micro_batches));
  const Range here = share(size_t(micro_batches), size_t(mpi.size()), size_t(mpi.rank()));
  Input mine(std::vector<float>(all.begin() + long(here.first) * n, all.begin() + long(here.last) * n));
  Output total(n);
  tree_sum(total, mine.writable(), n, micro_batches, MPI_COMM_WORLD);
  task.answer(total);
}
