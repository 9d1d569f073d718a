// level: stretch
// points: 6
// hint: Which blocks can be sure that all of partial is written? What would the next launch find in arrived, if nobody cleans up? And if two threads of a block add to the same float, which of them comes first?
#include "tests/exercises/task_cuda.h"

void squared_norm(float* sum, float* partial, unsigned* arrived, const float* x, size_t n, int blocks);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const char* const orders[] = {"ascending", "descending", "shuffled"};
  setenv("CUDA_ON_CPU_ORDER", orders[task.number()], 1);
  OnDevice arrived(std::vector<unsigned>{0});  // one for all launches
  for (int launches = task.number(); launches > 0; --launches) {
    const size_t n = size_t(task.number());
    const int blocks = task.number();
    InputOnDevice x(task.values(n));
    OnDevice sum(task.values(1)), partial(unwritten<float>(size_t(blocks)));
    squared_norm(sum, partial, arrived, x, n, blocks);
    task.answer(sum.host());
    task.answer(partial.host());
    task.answer(arrived.host());
  }
}
