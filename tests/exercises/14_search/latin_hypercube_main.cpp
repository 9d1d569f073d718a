// level: warm-up
// points: 2
// hint: Four trials, a range from 0 to 8: where does slice 3 begin, and how long is it? And if the range is from 1 to 10000 on the logarithm?
#include "tests/exercises/task.h"

void latin_hypercube(float* values, const int* order, const float* place, const float* low, const float* high,
                     const int* logarithmic, int n, int parameters);

int main(int argc, char** argv) {
  Task task(argc, argv);
  for (int cases = task.number(); cases > 0; --cases) {
    const int n = task.number(), parameters = task.number();
    const size_t all = size_t(n) * size_t(parameters), each = size_t(parameters);
    const auto order = task.input<int>(all);
    const auto place = task.input(all), low = task.input(each), high = task.input(each);
    const auto logarithmic = task.input<int>(each);
    Output values(all);
    latin_hypercube(values, order.data(), place.data(), low.data(), high.data(), logarithmic.data(), n, parameters);
    task.answer(values);
  }
}
