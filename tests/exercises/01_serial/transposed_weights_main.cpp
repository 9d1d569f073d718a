// level: warm-up
// points: 2
// hint: Take one row of the batch. Which element of dw does the pair dy[o], x[i] belong to? And what changes with the second row?
#include "tests/exercises/task.h"

void weight_gradient(float* dw, const float* x, const float* dy, int rows, int in, int out);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int rows = task.number(), in = task.number(), out = task.number();
  const auto x = task.input(rows * in), dy = task.input(rows * out),
                           old = task.input(out * in);
  Output dw(old);
  weight_gradient(dw, x.data(), dy.data(), rows, in, out);
  task.answer(dw);
}
