#include "chapters/01_serial/live_training.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr size_t tested = 500, seed = 1, steps_at_once = 10, rows_at_once = 100;  // the last: of images that are looked at
constexpr int pictures = 10;

Dataset part(const Dataset& all, size_t first, size_t last) {
  const size_t f = all.features();
  return {last - first, all.height, all.width, {all.pixels.begin() + long(first * f), all.pixels.begin() + long(last * f)},
          {all.labels.begin() + long(first), all.labels.begin() + long(last)}};
}

std::vector<int> sizes(const Dataset& images, std::string hidden) {
  std::vector<int> sizes{int(images.features())};
  for (hidden += '-'; !hidden.empty(); hidden.erase(0, hidden.find('-') + 1)) sizes.push_back(std::stoi(hidden));
  sizes.push_back(int(images.classes));
  return sizes;
}

}  // namespace

LiveTraining::LiveTraining(const Dataset& all, const std::string& hidden, double learning_rate, size_t batch)
    : batch_(batch),
      train_(part(all, 0, all.count - tested)),
      test_(part(all, all.count - tested, all.count)),
      training_(device_, sizes(all, hidden), {.learning_rate = learning_rate}, int(std::max(batch, rows_at_once)), seed),
      initial_(training_.weights()) {}

void LiveTraining::train(size_t steps) {
  const size_t n = train_.count, in_epoch = (n + batch_ - 1) / batch_, end = std::min(steps, losses_.size() + steps_at_once);
  while (losses_.size() < end) {
    const size_t step = losses_.size(), first = step % in_epoch * batch_;
    const std::vector<uint32_t> order = permutation(seed, uint32_t(step / in_epoch), n);
    losses_.push_back(training_.step(train_, order, {first, std::min(first + batch_, n)}));
  }
}

double LiveTraining::share_correct() { return double(count_correct(training_.mlp(), test_, {0, tested})) / tested; }

std::vector<double> LiveTraining::probabilities(const std::vector<uint8_t>& image) {
  Mlp& mlp = training_.mlp();
  const uint32_t order[] = {0};
  load_images(mlp, {1, test_.height, test_.width, image, {0}}, order, {0, 1});
  mlp.forward(1);
  std::vector<double> p(mlp.output(), mlp.output() + test_.classes);
  const double largest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& z : p) sum += z = std::exp(z - largest);
  for (double& share : p) share /= sum;
  return p;
}

std::vector<std::string> LiveTraining::unit_pictures() const {
  const std::vector<float> weights = training_.weights();
  const Window& w = training_.layout().layers.front().w;
  std::vector<std::string> all;
  for (int unit = 0; unit < pictures; ++unit) {
    const auto change = [&](size_t pixel) {
      const size_t i = w.offset + pixel * size_t(w.columns) + size_t(unit);
      return weights[i] - initial_[i];
    };
    float largest = 1e-30f;
    for (size_t i = 0; i < train_.features(); ++i) largest = std::max(largest, std::abs(change(i)));
    std::string& picture = all.emplace_back();
    for (size_t i = 0; i < train_.features(); ++i) picture += std::isfinite(change(i)) ? char('4' + std::lround(4 * change(i) / largest)) : '4';
  }
  return all;
}
