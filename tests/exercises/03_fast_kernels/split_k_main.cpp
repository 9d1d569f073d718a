// level: stretch
// points: 7
// hint: c has 10 x 32 elements and k is 60000: how many threads has a kernel with one for each element of c, and how many does a GPU keep busy? What would two blocks that add to the same element of c have to agree on?
#include "tests/exercises/task_cuda.h"

void matmul_split_k(float* c, float* partial, const float* a, const float* b, int m, int n, int k, int parts);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int m = task.number(), n = task.number(), k = task.number(), parts = task.number();
  const size_t elements = size_t(m) * size_t(n);
  InputOnDevice a(task.values(size_t(m) * size_t(k))), b(task.values(size_t(k) * size_t(n)));
  OnDevice c(task.values(elements)), partial(unwritten<float>(size_t(parts) * elements));
  matmul_split_k(c, partial, a, b, m, n, k, parts);
  task.answer(partial.host());
  task.answer(c.host());
}
