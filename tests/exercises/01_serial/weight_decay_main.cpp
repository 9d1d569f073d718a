// level: core
// points: 3
// hint: What is the derivative of w * w / 2? At which offset do the weights of layer 1 begin, and how many biases lie before them?
#include "tests/exercises/task.h"

double weight_decay(float* gradient, const float* parameters, float lambda, const int* sizes, int layers);

// The judge gives several vectors of parameters, and looks at how the penalty changes from one to the next.
int main(int argc, char** argv) {
  Task task(argc, argv);
  const int layers = task.number(), count = task.number(), vectors = task.number();
  const float lambda = task.real();
  const auto sizes = task.input<int>(size_t(layers) + 1);
  const auto gradient = task.input(size_t(count));
  for (int v = 0; v < vectors; ++v) {
    const auto parameters = task.input(size_t(count));
    Output sum(gradient);
    task.answer(weight_decay(sum, parameters.data(), lambda, sizes.data(), layers));
    task.answer(sum);
  }
}
