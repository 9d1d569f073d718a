// level: warm-up
// points: 2
// hint: Sizes 3, 4, 5 and a limit of 9: what is in bucket 0 after the first layer, after the second, and where does the third go?
#include "tests/exercises/task.h"

int layer_buckets(int* bucket_of, const int* parameters, int layers, int limit);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int layers = task.number(), limit = task.number();
  const auto parameters = task.input<int>(size_t(layers));
  Output<int> bucket_of(static_cast<size_t>(layers));
  const int buckets = layer_buckets(bucket_of, parameters.data(), layers, limit);
  task.answer(bucket_of);
  task.answer(double(buckets));
}
