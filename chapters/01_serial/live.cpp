// The book's live figure of this chapter: trains in the page, and says what the network thinks of a digit.
// sources: cpu_device device gradient_norm head layout matmul_3_packed mlp optimizer serial_training common/dataset
// flags: -O3 -msimd128
// data: n=3000; for f in images-idx3:16:784 labels-idx1:8:1; do s=${f#*:}; gzip -dc common/data/mnist/train-${f%%:*}-ubyte.gz | tail -c +$((${s%:*} + 1)) | head -c $((n * ${s#*:})); done
#include <algorithm>
#include <cmath>
#include <memory>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/serial_training.h"
#include "common/live/live.h"

namespace {

constexpr size_t side = 28, pixels = side * side, tested = 500, seed = 1;  // the last images are only looked at
constexpr int pictures = 10, steps_a_call = 10;

// Of data[first, first + count).
Dataset images(size_t first, size_t count) {
  const auto& bytes = live::data();
  const size_t all = bytes.size() / (pixels + 1);
  const auto at = [&](size_t i) { return bytes.begin() + ptrdiff_t(i); };
  return {count, side, side, {at(first * pixels), at((first + count) * pixels)}, {at(all * pixels + first), at(all * pixels + first + count)}};
}

struct Run {
  std::string settings;
  CpuDevice device;
  Dataset train, test;
  std::unique_ptr<SerialTraining> training;
  std::vector<float> initial;  // weights
  std::vector<double> losses;  // by step
};
std::unique_ptr<Run> now;

void begin(const std::string& settings, const live::Settings& s) {
  now = std::make_unique<Run>();
  now->settings = settings;
  const size_t all = live::data().size() / (pixels + 1);
  now->train = images(0, all - tested);
  now->test = images(all - tested, tested);
  std::vector<int> sizes{int(pixels)};
  std::string hidden = s.at("hidden") + "-";
  for (; !hidden.empty(); hidden.erase(0, hidden.find('-') + 1)) sizes.push_back(std::stoi(hidden));
  sizes.push_back(10);
  now->training = std::make_unique<SerialTraining>(now->device, sizes, OptimizerOptions{.learning_rate = s.number("rate")}, std::max(s.integer("batch"), 100), seed);
  now->initial = now->training->weights();
}

// Some steps towards so many, the ones of chapter 01's program: epoch after epoch, each in an order of its own.
void train(size_t steps, size_t batch) {
  const size_t n = now->train.count, in_epoch = (n + batch - 1) / batch;
  for (int i = 0; i < steps_a_call && now->losses.size() < steps; ++i) {
    const size_t step = now->losses.size(), first = step % in_epoch * batch;
    const std::vector<uint32_t> order = permutation(seed, uint32_t(step / in_epoch), n);
    now->losses.push_back(now->training->step(now->train, order, {first, std::min(first + batch, n)}));
  }
}

// The digit in sixteen greys, moved so that its ink has its middle in the middle, as in the data set.
std::vector<uint8_t> centred(const std::string& drawn) {
  const auto ink = [&](size_t i) { return drawn[i] <= '9' ? drawn[i] - '0' : drawn[i] - 'a' + 10; };
  double sum = 1e-9, x = 0, y = 0;
  for (size_t i = 0; i < pixels; ++i) sum += ink(i), x += ink(i) * double(i % side), y += ink(i) * double(i / side);
  const int right = int(std::lround(side / 2 - x / sum)), down = int(std::lround(side / 2 - y / sum));
  std::vector<uint8_t> moved(pixels);
  for (int i = 0; i < int(pixels); ++i) {
    const int column = i % int(side) + right, row = i / int(side) + down;
    if (column >= 0 && column < int(side) && row >= 0 && row < int(side)) moved[size_t(row) * side + size_t(column)] = uint8_t(17 * ink(size_t(i)));
  }
  return moved;
}

// What training has added to a unit's weights: 0 to 8, 4 where it is nothing; the largest of the unit is the scale.
std::vector<std::string> units() {
  const std::vector<float> weights = now->training->weights();
  const Window& w = now->training->layout().layers.front().w;
  const auto at = [&](size_t pixel, int unit) {
    const size_t i = w.offset + pixel * size_t(w.columns) + size_t(unit);
    return weights[i] - now->initial[i];
  };
  std::vector<std::string> all;
  for (int unit = 0; unit < pictures; ++unit) {
    float largest = 1e-30f;
    for (size_t i = 0; i < pixels; ++i) largest = std::max(largest, std::abs(at(i, unit)));
    std::string& picture = all.emplace_back();
    for (size_t i = 0; i < pixels; ++i) picture += std::isfinite(at(i, unit)) ? char('4' + std::lround(4 * at(i, unit) / largest)) : '4';
  }
  return all;
}

live::Json figure(const live::Settings& s) {
  const std::string settings = s.at("hidden") + " " + s.at("rate") + " " + s.at("batch");
  const size_t steps = size_t(s.integer("steps"));
  if (!now || now->settings != settings || now->losses.size() > steps) begin(settings, s);
  train(steps, size_t(s.integer("batch")));

  Mlp& mlp = now->training->mlp();
  const double correct = double(count_correct(mlp, now->test, {0, tested}));
  const size_t which = size_t(s.integer("image"));
  Dataset one{1, side, side, {}, {now->test.labels[which]}};
  if (s.at("digit").empty()) one.pixels.assign(now->test.pixels.begin() + ptrdiff_t(which * pixels), now->test.pixels.begin() + ptrdiff_t((which + 1) * pixels));
  else one.pixels = centred(s.at("digit"));
  const uint32_t order[] = {0};
  load_images(mlp, one, order, {0, 1});
  mlp.forward(1);
  std::vector<double> p(mlp.output(), mlp.output() + 10);
  const double largest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& z : p) sum += z = std::exp(z - largest);
  for (double& share : p) share /= sum;
  return {{"done", now->losses.size()}, {"losses", now->losses}, {"correct", correct / tested}, {"label", one.labels[0]},
          {"pixels", one.pixels}, {"probabilities", p}, {"units", units()}, {"parameters", mlp.layout().count}};
}

const live::Figure here(figure);

}  // namespace
