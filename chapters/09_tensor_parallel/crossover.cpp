#include "chapters/09_tensor_parallel/crossover.h"

#include <algorithm>
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

double CrossoverModel::whole(int rows) const {
  size_t numbers = 3 * size_t(sizes[0]);
  for (size_t l = 1; l + 1 < sizes.size(); l += 2) numbers += 9 * size_t(sizes[l + 1]);
  return access * double(numbers) * rows;
}

SerialStep serial_step(int rows, double products, int more_rows, double their_products, double update) {
  const double slope = (their_products - products) / (more_rows - rows);
  const double fixed = std::clamp(products - slope * rows, 0.0, std::max(products, 0.0));
  return {(products - fixed) / rows, fixed, update};
}

double data_step(const CrossoverModel& model, const SerialStep& s, int rows) {
  return s.per_row * rows / model.ranks + s.fixed + model.data_exchange() + s.update;
}

double tensor_step(const CrossoverModel& model, const SerialStep& s, int rows) {
  const double part = 1.0 / model.ranks;
  return part * (s.per_row * rows + s.fixed + s.update) + model.tensor_exchange(rows) + (1 - part) * model.whole(rows);
}

namespace {

// The largest number of rows for which holds(rows); it holds for few and not for many.
template <class Holds>
int last_that(Holds holds, int most) {
  int low = 0, high = most + 1;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (holds(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace

int exchange_crossover(const CrossoverModel& model, int most) {
  return last_that([&](int rows) { return model.tensor_exchange(rows) < model.data_exchange(); }, most);
}

int step_crossover(const CrossoverModel& model, const SerialStep& s, int most) {
  return last_that([&](int rows) { return tensor_step(model, s, rows) < data_step(model, s, rows); }, most);
}

int close_from(const CrossoverModel& model, const SerialStep& s, double share, int most) {
  return 1 + last_that([&](int rows) { return tensor_step(model, s, rows) < (1 - share) * data_step(model, s, rows); }, most);
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
