// level: warm-up
// points: 3
// hint: Write down 11 elements in blocks of 2 on 3 ranks. Which numbers do you divide i by, and which of quotient and remainder is what?
#include "tests/exercises/task.h"

struct Place {
  int rank;
  size_t index;
};
Place place_of(size_t i, size_t block, int ranks);
size_t shard_size(size_t n, size_t block, int ranks, int rank);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int n = task.number(), block = task.number(), ranks = task.number();
  std::vector<int> owners, indices, sizes;
  for (int i = 0; i < n; ++i) {
    const Place place = place_of(size_t(i), size_t(block), ranks);
    owners.push_back(place.rank);
    indices.push_back(int(place.index));
  }
  for (int rank = 0; rank < ranks; ++rank) sizes.push_back(int(shard_size(size_t(n), size_t(block), ranks, rank)));
  task.answer(owners);
  task.answer(indices);
  task.answer(sizes);
}
