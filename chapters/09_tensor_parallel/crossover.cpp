#include "chapters/09_tensor_parallel/crossover.h"

#include <cmath>
#include <limits>

#include "chapters/09_tensor_parallel/tensor_footprint.h"

double CrossoverModel::data_exchange() const {
  return predicted_seconds("rank-order", 4.0 * double(make_layout(sizes).count), ranks, machine);
}

// The maximum of split classes is priced like the sum that follows it.
double CrossoverModel::tensor_exchange(int rows) const {
  const TensorFootprint f = tensor_footprint(sizes, {0, sizes.size() - 1}, {0, ranks}, {.rows = rows}, 0);
  const bool split_classes = sizes.size() % 2 == 0;
  double seconds = 0;
  for (size_t i = 0; i < f.sums.size(); ++i) {
    const double one = predicted_seconds("rank-order", 4.0 * double(f.sums[i]), ranks, machine);
    seconds += split_classes && i + 1 == f.sums.size() ? 2 * one : one;
  }
  return seconds;
}

double data_step(const CrossoverModel& model, double products, double update) {
  return products / model.ranks + model.data_exchange() + update;
}

double tensor_step(const CrossoverModel& model, int rows, double products, double update) {
  return products / model.ranks + model.tensor_exchange(rows) + update / model.ranks;
}

int predicted_crossover(const CrossoverModel& model, double update, int most) {
  const double allowed = model.data_exchange() + update * (1 - 1.0 / model.ranks);
  int low = 0, high = most + 1;  // cheaper at low rows, not at high ones
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (model.tensor_exchange(middle) < allowed ? low : high) = middle;
  }
  return low;
}

double measured_crossover(const std::vector<int>& rows, const std::vector<double>& ratios) {
  if (ratios.front() > 1) return 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (ratios[i] <= 1) continue;
    const double below = std::log(ratios[i - 1]), above = std::log(ratios[i]);
    const double from = std::log(rows[i - 1]), to = std::log(rows[i]);
    return std::exp(from + (to - from) * (0 - below) / (above - below));
  }
  return std::numeric_limits<double>::infinity();
}
