// The live figure of chapter 01 trains as the native program does: with the same bits, if its products do not fuse a multiplication
// and an addition either. WebAssembly has no instruction that does; the native products use it.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <type_traits>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/live_digit.h"
#include "chapters/01_serial/live_training.h"
#include "chapters/01_serial/matmul_tile.h"
#include "chapters/01_serial/serial_training.h"
#include "tests/live_figure.h"

// Chapter 01's product once more, compiled as this file is: without fusing.
namespace unfused {
#include "chapters/01_serial/matmul_3_packed.cpp"
}

namespace {

const std::string figure = "01_serial";

// The page has musl's expf and logf. Those of glibc on x86-64 give the same floats; elsewhere a last place may differ, as in IsNearTheNativeOne.
#if defined(__x86_64__) && defined(__GLIBC__)
constexpr double bound = 0;
#else
constexpr double bound = 1e-3;
#endif

class Unfused : public CpuDevice {
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override { unfused::matmul_packed(c, a, b, m, n, k, finish, workspace_); }
  MatmulWorkspace workspace_;
};

Dataset part(const Dataset& all, size_t first, size_t count) {
  Dataset some{count, all.height, all.width, {}, {}};
  some.pixels.assign(all.pixels.begin() + long(first * all.features()), all.pixels.begin() + long((first + count) * all.features()));
  some.labels.assign(all.labels.begin() + long(first), all.labels.begin() + long(first + count));
  return some;
}

struct Trained {
  std::vector<double> losses;
  double correct;  // of the test images
  std::vector<float> initial, weights;
  std::vector<double> shares;  // what the network takes one test image for
};

Trained train(CpuDevice& device, const Dataset& train, const Dataset& test, const std::vector<int>& sizes, double rate, size_t batch, size_t steps, size_t image) {
  OptimizerOptions sgd;
  sgd.learning_rate = rate;
  SerialTraining training(device, sizes, sgd, int(std::max<size_t>(batch, 100)), 1);
  Trained result;
  result.initial = training.weights();
  for (int epoch = 0; result.losses.size() < steps; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, uint32_t(epoch), train.count);
    for (size_t first = 0; first < train.count && result.losses.size() < steps; first += batch)
      result.losses.push_back(training.step(train, order, {first, std::min(first + batch, train.count)}));
  }
  result.correct = double(count_correct(training.mlp(), test, {0, test.count})) / double(test.count);
  result.weights = training.weights();
  std::vector<uint32_t> order(test.count);
  std::iota(order.begin(), order.end(), 0u);
  load_images(training.mlp(), test, order, {image, image + 1});
  training.mlp().forward(1);
  const float* const z = training.mlp().output();
  for (int digit = 0; digit < 10; ++digit) {  // 1 / (e^(z0 - z) + e^(z1 - z) + ...)
    double others = 0;
    for (int other = 0; other < 10; ++other) others += std::exp(double(z[other]) - z[digit]);
    result.shares.push_back(1 / others);
  }
  return result;
}

// What one of the first ten units has learned, in quarters of its largest change; 4 is none.
std::string picture_of(const Trained& native, size_t unit, size_t units) {
  const auto change = [&](size_t pixel) { return native.weights[pixel * units + unit] - native.initial[pixel * units + unit]; };
  float largest = 0;
  for (size_t i = 0; i < 784; ++i) largest = std::max(largest, std::abs(change(i)));
  std::string picture;
  for (size_t i = 0; i < 784; ++i) picture += char('4' + (largest > 0 ? std::lround(4 * change(i) / largest) : 0));
  return picture;
}

// Without the tools, too: three epochs of four steps, the last one of eight rows, and two steps more.
TEST(LiveTraining, DoesWhatTheProgramDoes) {
  const Dataset all = part(read_mnist_train("build/data"), 0, 700), images = part(all, 0, 200), test = part(all, 200, 500);
  LiveTraining live(all, "16-12", 0.3, 64);
  for (int i = 0; i < 2; ++i) live.train(14);
  CpuDevice device;
  const Trained native = train(device, images, test, {784, 16, 12, 10}, 0.3, 64, 14, 3);
  EXPECT_EQ(live.losses(), native.losses);
  EXPECT_EQ(live.share_correct(), native.correct);
  EXPECT_EQ(live.parameters(), native.weights.size());
  EXPECT_EQ(live.test().labels, test.labels);
  const std::vector<double> shares = live.probabilities({test.pixels.begin() + 3 * 784, test.pixels.begin() + 4 * 784});
  ASSERT_EQ(shares.size(), 10u);
  for (size_t digit = 0; digit < 10; ++digit) EXPECT_NEAR(shares[digit], native.shares[digit], 1e-12);
  const std::vector<std::string> pictures = live.unit_pictures();
  ASSERT_EQ(pictures.size(), 10u);
  for (size_t unit = 0; unit < 10; ++unit) EXPECT_EQ(pictures[unit], picture_of(native, unit, 16)) << unit;
}

TEST(LiveTraining, HasTheBitsOfTheUnfusedNativeOne) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const Dataset all = read_mnist_train("build/data"), images = part(all, 0, 2500), test = part(all, 2500, 500);
  struct Setting {
    double rate;
    size_t batch, steps;
    std::string hidden;
    int image;
  };
  std::vector<Setting> settings;
  std::vector<std::string> lines;
  for (const std::string hidden : {"16", "32", "128"})
    for (double rate : {0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0})
      for (size_t batch : {16, 32, 64, 128, 256})
        for (size_t steps : {0, 20}) settings.push_back({rate, batch, steps, hidden, int(settings.size() * 7 % 500)});
  settings.push_back({0.1, 256, 30, "128", 3});  // three epochs
  settings.push_back({0.1, 256, 10, "128", 4});  // fewer steps than the same network has made: it begins anew
  settings.push_back({0.1, 64, 10, "512-256", 3});
  ASSERT_GE(settings.size(), 200u);
  for (const Setting& s : settings) {
    std::ostringstream line;
    line << "rate " << s.rate << "; batch " << s.batch << "; steps " << s.steps << "; hidden " << s.hidden << "; image " << s.image;
    lines.push_back(line.str());
  }
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t k = 0; k < settings.size(); ++k) {
    const Setting& s = settings[k];
    const LiveAnswer& live = answers[k];
    SCOPED_TRACE(lines[k] + live.text("error"));
    std::vector<int> sizes = {784, std::stoi(s.hidden), 10};
    if (s.hidden == "512-256") sizes = {784, 512, 256, 10};
    Unfused device;
    const Trained native = train(device, images, test, sizes, s.rate, s.batch, s.steps, size_t(s.image));
    ASSERT_EQ(live.number("done"), s.steps);
    ASSERT_EQ(live.number("label"), test.labels[size_t(s.image)]);
    ASSERT_EQ(live.number("parameters"), native.weights.size());
    for (size_t i = 0; i < s.steps; ++i) ASSERT_NEAR(live.number("losses." + std::to_string(i)), native.losses[i], bound) << "step " << i;
    ASSERT_NEAR(live.number("correct"), native.correct, bound == 0 ? 0 : 0.01);
    // The curve: a point for each step, higher where the loss is; the bars: one for each class, as long as its share.
    std::vector<std::string> curve = drawn(live, "curve", "points");
    ASSERT_EQ(curve.size(), 1u);
    std::istringstream points(curve[0]);
    for (size_t i = 0; i < s.steps; ++i) {
      double x = 0, y = 0;
      char comma = 0;
      points >> x >> comma >> y;
      ASSERT_NEAR(x, 34 + double(i + 1) / double(s.steps) * (760 / 2.0 - 34), 0.01);
      ASSERT_NEAR(y, 30 + 140 * (1 - std::min(native.losses[i], 2.5) / 2.5), 0.01);
    }
    const std::vector<std::string> shares = drawn(live, "share", "width");
    ASSERT_EQ(shares.size(), 10u);
    double sum = 0, first = 0;
    for (size_t digit = 0; digit < 10; ++digit) {
      const double share = live.number("probabilities." + std::to_string(digit)), length = std::strtod(shares[digit].c_str(), nullptr);
      sum += share;
      if (share > 0.01 && first == 0) first = length / share;
      if (share > 0.01) { ASSERT_NEAR(length, first * share, 0.1); }
    }
    ASSERT_NEAR(sum, 1, 1e-9) << "each is rounded once";
    for (size_t digit = 0; digit < 10; ++digit) ASSERT_NEAR(live.number("probabilities." + std::to_string(digit)), native.shares[digit], bound == 0 ? 1e-12 : 0.01);
    for (size_t i = 0; i < 784; i += 13) ASSERT_EQ(live.number("pixels." + std::to_string(i)), test.pixels[size_t(s.image) * 784 + i]);
    for (size_t unit = 0; unit < 10 && bound == 0; ++unit) ASSERT_EQ(live.text("units." + std::to_string(unit)), picture_of(native, unit, size_t(sizes[1]))) << unit;
    ASSERT_FALSE(live.has("units.10"));
  }
}

// A page is held up for ten steps at most, and goes on where it was.
TEST(LiveTraining, MakesTenStepsAtATime) {
  LiveTraining training(part(read_mnist_train("build/data"), 0, 600), "16", 0.1, 16);
  for (size_t done : {10, 20, 24, 24}) {
    training.train(24);
    EXPECT_EQ(training.losses().size(), done);
  }
}

// The bits of the program itself differ in the last places, and only by those.
TEST(LiveTraining, IsNearTheNativeOne) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const Dataset all = read_mnist_train("build/data"), images = part(all, 0, 2500), test = part(all, 2500, 500);
  CpuDevice device;
  const Trained native = train(device, images, test, {784, 32, 10}, 0.1, 64, 10, 0);
  const LiveAnswer live = live_answers(figure, {"steps 10"})[0];
  for (size_t i = 0; i < native.losses.size(); ++i)
    // A sum of 784 products rounded each time differs by a few units of 2^-24; ten steps with gradients below 1 add up no more than that each.
    ASSERT_NEAR(live.number("losses." + std::to_string(i)), native.losses[i], 1e-4);
}

// A one, painted anywhere, is moved to the middle: the same pixels, the same answer.
std::string painted(int right, int down) {
  std::string digit(784, '0');
  for (int y = 4; y < 20; ++y)
    for (int x = 5; x < 8; ++x) digit[size_t((y + down) * 28 + x + right)] = x == 6 ? 'f' : '9';
  return digit;
}

TEST(PaintedDigit, IsMovedToTheMiddle) {
  std::vector<uint8_t> expected(784, 0);  // rows 7 to 22, columns 13 to 15
  for (int y = 7; y < 23; ++y)
    for (int x = 13; x < 16; ++x) expected[size_t(y * 28 + x)] = x == 14 ? 255 : 9 * 17;
  for (const auto& [right, down] : {std::pair(0, 0), {13, 3}, {7, 8}, {20, -4}}) EXPECT_EQ(centred_digit(painted(right, down)), expected) << right << ' ' << down;
  EXPECT_EQ(centred_digit(std::string(784, '0')), std::vector<uint8_t>(784, 0));
}

// A stroke at one side of the paper and a dot at the side across: the stroke comes to the middle, and the dot leaves the image.
TEST(PaintedDigit, WhatLeavesTheImageIsLost) {
  for (const bool upright : {false, true})
    for (const bool mirrored : {false, true}) {
      const auto place = [&](int along, int across) { return size_t(upright ? 28 * along + across : 28 * across + along); };
      std::string digit(784, '0');
      std::vector<uint8_t> expected(784, 0);
      for (int along = 4; along < 20; ++along)
        for (int across = 0; across < 3; ++across) {
          digit[place(along, mirrored ? 27 - across : across)] = 'f';
          expected[place(along + 3, mirrored ? 16 - across : across + 12)] = 255;
        }
      digit[place(10, mirrored ? 0 : 27)] = 'f';
      EXPECT_EQ(centred_digit(digit), expected) << upright << mirrored;
    }
}

// What a mouse or a finger paints: near its place black, around it grey, and never paler than before. Only with the first button, from the
// square on, and in it; another test image takes the digit away.
TEST(PaintedDigit, IsWhatThePointerPaints) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  struct Event {
    std::string name;
    double x, y;  // in pixels of the digit
    int buttons, pointer;
    std::string place;
    bool paints;
  };
  const std::vector<Event> events = {
      {"pointermove", 3, 4, 1, 5, "field", false},  // it has not begun there
      {"pointerdown", 6.5, 4.5, 1, 5, "field", true},
      {"pointermove", 7.25, 5, 1, 5, "curve", true},  // where the pointer has been caught, what lies under it does not matter
      {"pointermove", 9, 5, 1, 6, "field", false},  // another finger
      {"pointermove", 9, 5, 0, 5, "field", false},
      {"pointermove", 9, 5, 2, 5, "field", false},
      {"pointermove", 27.9, 0.1, 3, 5, "field", true},
      {"pointermove", -0.1, 5, 1, 5, "field", false},
      {"pointermove", 28, 5, 1, 5, "field", false},
      {"pointermove", 5, -0.1, 1, 5, "field", false},
      {"pointermove", 5, 28, 1, 5, "field", false},
      {"input image", 0, 0, 0, 0, "", false},
      {"pointerdown", 20, 10, 1, 7, "curve", false},
      {"pointerdown", 20, 10, 1, 7, "field", true}};
  std::string lines, expected, digit(784, '0');
  for (const Event& e : events) {
    std::ostringstream line;
    line << e.name << ' ' << 10 + 10 * e.x << ' ' << 20 + 10 * e.y << ' ' << e.buttons << ' ' << e.pointer << ' ' << e.place << '\n';
    lines += e.name.starts_with("input") ? e.name + "\n" : line.str();
    if (e.name.starts_with("input")) digit.assign(784, '0');
    for (int i = 0; i < 784 && e.paints; ++i) {
      const double right = i % 28 + 0.5 - e.x, down = i / 28 + 0.5 - e.y, square = right * right + down * down;
      if (square < 1) digit[size_t(i)] = 'f';
      else if (square < 1.7 * 1.7 && digit[size_t(i)] == '0') digit[size_t(i)] = '9';
    }
    if (e.paints || e.name.starts_with("input")) expected += "{\"digit\":\"" + (e.paints ? digit : "") + "\"}";
    expected += "\n";
  }
  const std::string file = build_folder() + "/01_serial." + std::to_string(getpid()) + ".events";
  std::ofstream(file) << lines;
  EXPECT_EQ(run_program("node tests/live_figure.js 01_serial events <" + file).output, expected);
  std::remove(file.c_str());
}

TEST(LiveTraining, SeesAPaintedDigitInTheMiddle) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const auto answers = live_answers(figure, {"digit " + painted(0, 0), "digit " + painted(13, 3)});
  for (const LiveAnswer& answer : answers) {
    const std::vector<uint8_t> expected = centred_digit(painted(0, 0));
    for (size_t i = 0; i < 784; ++i) ASSERT_EQ(answer.number("pixels." + std::to_string(i)), expected[i]);
    int best = 0;
    for (int digit = 0; digit < 10; ++digit)
      if (answer.number("probabilities." + std::to_string(digit)) > answer.number("probabilities." + std::to_string(best))) best = digit;
    EXPECT_EQ(best, 1);
  }
}

TEST(LiveTraining, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  expect_same_picture(figure);
}

}  // namespace
