// level: core
// points: 4
// hint: Two threads see the same label at the same time: what can be lost? And when may a thread begin to count in `mine`, when may it read the sums?
#include "tests/exercises/task_cuda.h"

void label_histogram(int* counts, const int* labels, size_t n, int classes);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const size_t n = size_t(task.number());
  const int classes = task.number();
  InputOnDevice labels(task.values<int>(n));
  OnDevice counts(task.values<int>(size_t(classes)));
  label_histogram(counts, labels, n, classes);
  task.answer(counts.host());
}
