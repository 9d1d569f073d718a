// level: warm-up
// points: 2
// hint: When has the first micro-batch come to stage s, and how long after it does each further one follow? On which stage does the first backward step begin, and which stage is the last to have a gradient?
#include "tests/exercises/task.h"

void gpipe_clock(int* forward, int* backward, int stages, int micro_batches, int f, int b, int message);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int stages = task.number(), micro_batches = task.number();
  const int f = task.number(), b = task.number(), message = task.number();
  const size_t steps = size_t(stages) * size_t(micro_batches);
  Output<int> forward(steps), backward(steps);
  gpipe_clock(forward, backward, stages, micro_batches, f, b, message);
  task.answer(forward);
  task.answer(backward);
}
