// level: core
// points: 5
// hint: For one number of stages, fill the stages one after another. Does it ever help to leave a layer out that would still have fitted? And what does every further stage cost the first one?
#include "tests/exercises/task.h"

int split_by_memory(int* first, const int* weights, const int* activations, int layers, int limit, int micro_batches);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int layers = task.number(), limit = task.number(), micro_batches = task.number();
  const auto weights = task.input<int>(size_t(layers)), activations = task.input<int>(size_t(layers));
  Output<int> first(size_t(layers) + 1);
  const int stages = split_by_memory(first, weights.data(), activations.data(), layers, limit, micro_batches);
  task.answer(double(stages));
  task.answer(first);
}
