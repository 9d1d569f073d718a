// level: warm-up
// points: 2
// hint: The slope is positive. If x was -3 and the slope is 0.1, what is y? Could a positive x have given a y with that sign?
#include "tests/exercises/task.h"

void leaky_relu(float* y, const float* x, float slope, size_t n);
void leaky_relu_backward(float* dx, const float* dy, const float* y, float slope, size_t n);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const size_t n = size_t(task.number());
  const float slope = task.real();
  const auto x = task.input(n), dy = task.input(n), y_given = task.input(n);
  Output y(n), dx(n), in_place(x), dx_in_place(dy);
  leaky_relu(y, x.data(), slope, n);
  leaky_relu_backward(dx, dy.data(), y_given.data(), slope, n);
  leaky_relu(in_place, in_place, slope, n);
  leaky_relu_backward(dx_in_place, dx_in_place, y_given.data(), slope, n);
  task.answer(y);
  task.answer(dx);
  task.answer(in_place);
  task.answer(dx_in_place);
}
