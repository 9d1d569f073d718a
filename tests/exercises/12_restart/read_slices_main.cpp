// level: core
// points: 4
// hint: Column c of w was written by one rank and is wanted by one rank. In which column of the writer's block does it stand, and in which of yours? And is b anything else than one more row?
#include "common/split.h"
#include "tests/exercises/task.h"

void read_slice(float* block, int reader, int readers, const float* file, int writers, int in, int out);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int writers = task.number(), readers = task.number(), in = task.number(), out = task.number();
  const auto file = task.input((size_t(in) + 1) * size_t(out));
  for (int reader = 0; reader < readers; ++reader) {
    Output block((size_t(in) + 1) * share(size_t(out), size_t(readers), size_t(reader)).size());
    read_slice(block, reader, readers, file.data(), writers, in, out);
    task.answer(block);
  }
}
