// level: warm-up
// points: 2
// hint: The bits of 1.0 are 0x3f800000, those of the next bf16 0x3f810000. By how much do they differ, read as whole numbers? And those of -1.0 and its neighbour?
#include "tests/exercises/task.h"

void stochastic_rounding(float* rounded, const float* x, const int* random, int n);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int n = task.number();
  const auto x = task.input(size_t(n));
  const auto random = task.input<int>(size_t(n));
  Output rounded(static_cast<size_t>(n));
  stochastic_rounding(rounded, x.data(), random.data(), n);
  task.answer(rounded);
}
