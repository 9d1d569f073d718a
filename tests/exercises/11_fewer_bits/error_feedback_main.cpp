// level: core
// points: 3
// hint: A gradient of 1 + 2^-9 comes in every step, and the numbers behind 1 are 2^-7 apart. What is sent in steps 1, 2, 3 and 4, and what is left each time?
#include "tests/exercises/task.h"

void error_feedback(float* message, float* rest, const float* gradient, int n);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int n = task.number(), steps = task.number();
  Output rest(std::vector<float>(size_t(n), 0.0f));
  for (int step = 0; step < steps; ++step) {
    const auto gradient = task.input(size_t(n));
    Output message(static_cast<size_t>(n));
    error_feedback(message, rest, gradient.data(), n);
    task.answer(message);
    task.answer(rest);
  }
}
