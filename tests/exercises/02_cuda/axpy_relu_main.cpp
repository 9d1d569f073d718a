// level: warm-up
// points: 2
// hint: Which i belongs to thread 3 of block 2? Which thread of which block has the element 299, and what do the threads behind it do?
#include "tests/exercises/task_cuda.h"

void axpy_relu(float* y, float a, const float* x, size_t n);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const size_t n = size_t(task.number());
  const float a = task.real();
  InputOnDevice x(task.values(n));
  OnDevice y(task.values(n));
  axpy_relu(y, a, x, n);
  task.answer(y.host());
}
