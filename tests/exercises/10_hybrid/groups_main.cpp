// level: warm-up
// points: 3
// hint: In the block of 2 x 3 x 4, write down the numbers of (0, b, 0) for all b, then of (1, b, 2). What do they have in common?
#include "tests/exercises/task.h"

int group_of(int* members, int rank, int dimension, const int* shape, int dimensions, int ranks_per_node);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int dimensions = task.number();
  const auto shape = task.input<int>(size_t(dimensions));
  const int dimension = task.number(), ranks_per_node = task.number();
  int ranks = 1;
  for (int d = 0; d < dimensions; ++d) ranks *= shape[size_t(d)];
  for (int rank = 0; rank < ranks; ++rank) {
    Output<int> members(static_cast<size_t>(shape[size_t(dimension)]));
    const int nodes = group_of(members, rank, dimension, shape.data(), dimensions, ranks_per_node);
    task.answer(members);
    task.answer(double(nodes));
  }
}
