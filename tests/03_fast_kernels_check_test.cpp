// Chapter 03's program that checks kernels: it finds one wrong number, and what is right it calls right.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/shapes.h"
#include "common/compare.h"
#include "common/options.h"
#include "common/philox.h"
#include "tests/03_fast_test.h"
#include "tests/known_clock.h"
#include "tests/options_told.h"

// The program, with products and shapes of a step of the test in the place of the chapter's, and a masked product that notes its mask and its block.
namespace fast {
const std::vector<Step>& steps_of_test();
std::vector<Shape> shapes_of_test(const std::vector<int>& sizes, int rows);
void masked_of_test(float* c, MatrixView a, MatrixView b, const float* mask, int m, int n, int k, cudaStream_t stream, int edge);
}  // namespace fast
#define main check_main
#define matmul_steps steps_of_test
#define products_of_a_step shapes_of_test
#define matmul_masked masked_of_test
namespace check_program {
#include "chapters/03_fast_kernels/check_kernels.cpp"
}
#undef matmul_masked
#undef products_of_a_step
#undef matmul_steps
#undef main

namespace {

struct CheckTest : FastTest {};

// Products that are right but for the last number: a unit of 2^-24 beside it, something else, none, or a little more.
template <int wrong>
void last_number_wrong(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  fast::matmul_naive(c, a, b, m, n, k, finish, stream);
  float* const last = c + size_t(m) * size_t(n) - 1;
  if (wrong == 1) plain::scale(last, 1 + 0x1p-23f, 1, stream);
  if (wrong == 2) plain::fill(last, 0.5f, 1, stream);
  if (wrong == 3) plain::fill(last, NAN, 1, stream);
  if (wrong == 4) plain::scale(last, 1.15f, 1, stream);
}
std::vector<fast::Step> steps_to_check;

// One that notes what it is asked for.
std::set<std::string> asked;
void noted(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  const char* const layout = m == 1 ? "" : a.column_step != 1 ? " left" : b.column_step != 1 ? " right" : " plain";
  asked.insert(std::to_string(m) + " " + std::to_string(n) + " " + std::to_string(k) + layout);
  fast::matmul_naive(c, a, b, m, n, k, finish, stream);
}

// One that only notes its step and the product.
std::vector<std::string> noted_once;
template <int step>
void only_noted(float*, MatrixView a, MatrixView b, int m, int n, int k, Finish, cudaStream_t) {
  std::string text = std::to_string(step) + ":";
  for (size_t number : {size_t(m), size_t(n), size_t(k), a.row_step, b.row_step}) text += " " + std::to_string(number);
  noted_once.push_back(text);
}

// The numbers of each mask; and the last number of a masked product may be wrong in blocks of one size.
std::vector<std::pair<int, std::vector<float>>> masks;
int wrong_edge = 0;
FastCudaDevice* device_of_masks = nullptr;

}  // namespace
const std::vector<fast::Step>& fast::steps_of_test() { return steps_to_check; }
std::vector<fast::Shape> fast::shapes_of_test(const std::vector<int>& sizes, int rows) {
  EXPECT_EQ(sizes, (std::vector{784, 512, 256, 10}));
  EXPECT_EQ(rows, 128);
  return {{"of a step", 2, 3, 4, false, false}};
}
void fast::masked_of_test(float* c, MatrixView a, MatrixView b, const float* mask, int m, int n, int k, cudaStream_t stream, int edge) {
  matmul_masked(c, a, b, mask, m, n, k, stream, edge);
  if (edge == wrong_edge) plain::fill(c + size_t(m) * size_t(n) - 1, 0.5f, 1, stream);
  if (!device_of_masks) return;
  auto& [of, numbers] = masks.emplace_back(edge, std::vector<float>(size_t(m) * size_t(n)));
  device_of_masks->copy_out(numbers.data(), mask, numbers.size());
}
namespace {

// What main says, by line, up to the largest difference.
std::vector<std::string> check(std::vector<std::string> options, int expected_status) {
  check_program::all_right = true;
  Arguments arguments(std::move(options));
  std::istringstream text(printed_by([&] { EXPECT_EQ(check_program::check_main(arguments.count(), arguments.values()), expected_status); }));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line.substr(0, line.find(" largest difference ")));
    while (lines.back().ends_with(' ')) lines.back().pop_back();
  }
  return lines;
}

TEST_F(CheckTest, TheCheckOfKernelsFindsOneWrongNumber) {
  const std::vector<std::string> training = {"right  sgd, chapter 02",      "right  sgd, chapter 03",  "right  momentum, chapter 02",
                                             "right  momentum, chapter 03", "right  adam, chapter 02", "right  adam, chapter 03"};
  steps_to_check = {{"naive", fast::matmul_naive}, {"noted", noted}, {"another", last_number_wrong<2>}, {"no number", last_number_wrong<3>, 1, 0.5}};
  std::vector<std::string> expected = {device->name(), "right  naive", "right  noted", "WRONG  another", "WRONG  no number", "WRONG  the same bits in float", "right  masked product"};
  expected.insert(expected.end(), training.begin(), training.end());
  expected.push_back("something is WRONG");
  EXPECT_EQ(check({}, 1), expected);
  EXPECT_TRUE(asked.contains("2 3 4 plain")) << "if nothing is said";
  asked.clear();
  EXPECT_EQ(check({"--small"}, 1), expected);
  EXPECT_FALSE(asked.contains("2 3 4 plain")) << "no shape of a training step";

  // Right, but for the last bit of numbers that are no integers.
  steps_to_check = {{"naive", fast::matmul_naive}, {"rounded", last_number_wrong<0>, 1, 0.5}, {"another bit", last_number_wrong<1>}};
  check_program::all_right = true;
  const std::string text = printed_by([&] { check_program::check_products(*device, true); });
  EXPECT_TRUE(contains(text, "right  rounded                    largest difference 0\n"));
  EXPECT_TRUE(contains(text, "WRONG  the same bits in float     largest difference "));
  EXPECT_FALSE(check_program::all_right);
  steps_to_check.pop_back();
  check_program::all_right = true;
  EXPECT_TRUE(contains(printed_by([&] { check_program::check_products(*device, true); }), "right  the same bits in float     largest difference 0\n"));
  EXPECT_TRUE(check_program::all_right);
  steps_to_check = {{"another", last_number_wrong<2>}};  // so is what the masked product is held against
  EXPECT_TRUE(contains(printed_by([&] { check_program::check_products(*device, true); }), "WRONG  masked product "));
  EXPECT_EQ(check({"--small", "--once"}, 0), (std::vector<std::string>{device->name(), "each step once, 128 x 128 x 128"}));

  // Small shapes are those at the edges, each of the larger ones in three layouts.
  steps_to_check = {{"noted", noted}}, asked.clear();
  printed_by([&] { check_program::check_products(*device, true); });
  std::set<std::string> shapes = {"1 1 1"};
  for (const std::string shape : {"130 10 33", "33 129 20", "132 136 36"})
    for (const char* layout : {" plain", " left", " right"}) shapes.insert(shape + layout);
  EXPECT_EQ(asked, shapes);
  asked.clear(), shapes.insert("2 3 4 plain");
  printed_by([&] { check_program::check_products(*device, false); });
  EXPECT_EQ(asked, shapes) << "and those of a training step";
}

// A profiler sees each step once, in a square that fills a GPU.
TEST_F(CheckTest, OnceIsEachStepOnce) {
  steps_to_check = {{"first", only_noted<1>}, {"second", only_noted<2>}};
  for (const auto& [options, edge] : {std::pair{std::vector<std::string>{"--once"}, "2048"}, {{"--once", "--small"}, "128"}}) {
    const std::string e = edge, product = ": " + e + " " + e + " " + e + " " + e + " " + e;
    noted_once.clear();
    EXPECT_EQ(check(options, 0).back(), "each step once, " + e + " x " + e + " x " + e);
    EXPECT_EQ(noted_once, (std::vector<std::string>{"1" + product, "2" + product}));
  }
}

// Each shape in each size of block, with a mask of all three kinds of number; and a block of any size is found that is wrong.
TEST_F(CheckTest, TheCheckOfMaskedProductsSeesEveryBlock) {
  steps_to_check = {{"naive", fast::matmul_naive}};
  device_of_masks = device.get(), masks.clear();
  printed_by([&] { check_program::check_products(*device, true); });
  device_of_masks = nullptr;
  const int edges[] = {32, 64, 128};
  ASSERT_EQ(masks.size(), 3 * fast::products_at_edges().size());
  for (size_t i = 0; i < masks.size(); ++i) {
    const auto& [edge, numbers] = masks[i];
    EXPECT_EQ(edge, edges[i % 3]);
    for (float x : numbers) ASSERT_TRUE(x == std::round(x) && std::abs(x) < 4) << x;
    if (numbers.size() == 1) continue;
    for (float sign : {-1.0f, 0.0f, 1.0f}) EXPECT_GT(std::ranges::count_if(numbers, [&](float x) { return (x > 0) - (x < 0) == sign; }), ptrdiff_t(numbers.size() / 10));
  }
  for (int edge : {0, 32, 64, 128}) {
    wrong_edge = edge;
    EXPECT_TRUE(contains(printed_by([&] { check_program::check_products(*device, true); }), edge == 0 ? "right  masked product " : "WRONG  masked product ")) << edge;
  }
  wrong_edge = 0;
}

// A product of training with one number that is a little too large: after ten steps of gradient descent a weight is 0.0002 beside the right
// one. Chapter 02's kernels stay right.
TEST_F(CheckTest, TheCheckOfTrainingFindsOneWrongNumber) {
  const auto verdicts = [&](fast::Matmul* product) {
    check_program::all_right = true;
    device->set_matmul(product);
    std::istringstream text(printed_by([&] { check_program::check_training(*device); }));
    std::string all;
    for (std::string line; std::getline(text, line);) all += line.substr(0, 5) + (contains(line, "chapter 02") ? "02 " : "03 ");
    return all;
  };
  EXPECT_EQ(verdicts(fast::matmul_naive), "right02 right03 right02 right03 right02 right03 ");
  EXPECT_TRUE(check_program::all_right);
  EXPECT_EQ(verdicts(last_number_wrong<4>), "right02 WRONG03 right02 WRONG03 right02 WRONG03 ");
  EXPECT_FALSE(check_program::all_right);
}

TEST(CheckKernels, HelpSaysWhatIsChecked) {
  Arguments arguments({"--help"});
  const std::string help = printed_by([&] { EXPECT_EQ(check_program::check_main(arguments.count(), arguments.values()), 0); });
  EXPECT_TRUE(help.starts_with("Checks the kernels of chapters 02 and 03 on the GPU at hand.\n")) << help;
  EXPECT_EQ(options_told(help), "small\nonce\n");
}

// All three: within the bound, the largest of all, and NaN that stays; a line is there as soon as it is said.
TEST(CheckKernels, AVerdictIsThatOfAllItsDistances) {
  using check_program::Verdict, check_program::all_right;
  const auto said = [](double bound, std::vector<double> distances) {
    Verdict verdict{.bound = bound};
    for (double d : distances) verdict.add({.max_abs = d});
    return written_by([&] { verdict.say("it"); });
  };
  const std::string it = "it                         largest difference ";
  all_right = true;
  EXPECT_EQ(said(0.5, {0.25, 0.5, 0}), "right  " + it + "0.5\n");
  EXPECT_TRUE(all_right);
  EXPECT_EQ(said(0.5, {0.75, 0.25}), "WRONG  " + it + "0.75\n");
  EXPECT_FALSE(all_right);
  EXPECT_EQ(said(0.5, {0.25}), "right  " + it + "0.25\n");
  EXPECT_FALSE(all_right) << "once wrong, it stays wrong";
  EXPECT_TRUE(said(0.5, {NAN, 0.25}).starts_with("WRONG  "));
}

}  // namespace
