// level: stretch
// points: 6
// hint: In the innermost loop over p, each addition waits for the one before. What could the processor add meanwhile? What would a transposed block of x change?
#include "tests/exercises/task.h"

void symmetric_product(float* c, const float* x, int n, int k);

// Several matrices, each another one, so that no result can be kept for the next.
int main(int argc, char** argv) {
  Task task(argc, argv);
  const int matrices = task.number(), n = task.number(), k = task.number();
  for (int m = 0; m < matrices; ++m) {
    const auto x = task.input(size_t(n) * size_t(k));
    Output<> c(size_t(n) * size_t(n));
    symmetric_product(c, x.data(), n, k);
    task.answer(c);
  }
}
