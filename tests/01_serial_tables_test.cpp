// Chapter 01's programs, calculated a second time: the benchmark by a clock that the test knows, the fit of a function by hand, the
// gradient check number by number.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "chapters/01_serial/core_peak.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/openblas_device.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/reference.h"
#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/01_serial/train_options.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/statistics.h"
#include "common/timer.h"
#include "common/writable.h"
#include "tests/data_sets.h"
#include "tests/error_of.h"
#include "tests/false_library.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/program.h"

// The benchmark's calls, noted: the steps of the product, and how fast bytes are copied.
std::string products_called;
template <int step>
void noted(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace) {
  for (size_t number : {size_t(step), size_t(m), size_t(n), size_t(k), a.row_step, a.column_step, b.row_step, b.column_step}) products_called += std::to_string(number) + " ";
  matmul_steps[step].matmul(c, a, b, m, n, k, finish, workspace);
}
constexpr MatmulStep noted_steps[] = {{"loops", noted<0>}, {"tile", noted<1>}, {"packed", noted<2>}};
std::map<size_t, double> copies;
double noted_copies(size_t bytes) { return copies[bytes] = measure_copy_bandwidth(bytes); }

#define main main_of_program
#define matmul_steps noted_steps
#define measure_copy_bandwidth noted_copies
namespace bench_program {
#include "chapters/01_serial/bench.cpp"
}
#undef matmul_steps
#undef measure_copy_bandwidth
namespace fit_program {
#include "chapters/01_serial/fit_function.cpp"
}
std::unique_ptr<Device> (*device_of_test)() = make_cpu_device;
#define make_cpu_device device_of_test
namespace check_program {
#include "chapters/01_serial/gradient_check.cpp"
}
#undef make_cpu_device
#undef main

namespace {

using data_sets::tiny_data;

template <class... Values>
std::string format(const char* text, Values... values) {
  char line[600];
  std::snprintf(line, sizeof line, text, values...);
  return line;
}

std::string said(int (*program)(int, char**), std::vector<std::string> options, int expected_status = 0) {
  Arguments arguments(std::move(options));
  int status = -1;
  const std::string text = printed_by([&] { status = program(arguments.count(), arguments.values()); });
  EXPECT_EQ(status, expected_status) << text;
  return text;
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

// ---- bench.cpp ----

// c (m, n) with a sum of k terms for each element: two operations each.
TEST(Bench, KnowsTheProductsOfAStep) {
  std::string all;
  for (const auto& p : bench_program::products_of_step({5, 4, 3, 2}, 8))
    all += format("%s %d %d %d %d %d, %g\n", p.name, p.m, p.n, p.k, p.a_transposed, p.b_transposed, 1e9 * p.gflop());
  EXPECT_EQ(all,
            "forward 8 4 5 0 0, 320\nforward 8 3 4 0 0, 192\nforward 8 2 3 0 0, 96\n"
            "weights 3 2 8 1 0, 96\ninput 8 3 2 0 1, 96\nweights 4 3 8 1 0, 192\ninput 8 4 3 0 1, 192\nweights 5 4 8 1 0, 320\n");
}

// A library with OpenBLAS's name that was loaded before is found by that name.
const char* const sgemm_in_loops = R"(
int threads = 0, products = 0;
void openblas_set_num_threads(int n) { threads = n; }
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float* a, int as, const float* b, int bs, float beta, float* c, int cs) {
  ++products;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int p = 0; p < k; ++p) sum += (ta == 112 ? a[p * as + i] : a[i * as + p]) * (tb == 112 ? b[j * bs + p] : b[p * bs + j]);
      c[i * cs + j] = (order == 101 ? alpha * sum : 77) + (beta == 0 ? 0 : beta * c[i * cs + j]);
    }
}
)";

void* openblas_of_test = nullptr;

// Libraries that lack what is needed take the places where one could be installed; only the last name is left.
void take_openblas_away() {
  static const bool once = [] {
    load_false_library("void openblas_set_num_threads(int n) {}", "libopenblas.so.0");  // no product
    load_false_library("void cblas_sgemm(void) {}", "libopenblas.so");                  // no number of threads
    return true;
  }();
  EXPECT_TRUE(once);
}

// What one training program of 4-5-3-3 does, replayed: the text of `bench` by the clock.
std::string expected_bench(bool openblas, const std::string& core, bool in_turn_from_the_last) {
  KnownClock clock(0);
  const MatmulShape tile = matmul_shape();
  double peak = 0, rate[4];
  for (int run = 0; run < 20; ++run) peak = std::max(peak, 4e-9 * tile.tile_rows * tile.vector_floats * 200000 / clock.section());
  for (int i = 0; i < 4; ++i) {
    const int which = in_turn_from_the_last ? 3 - i : i;
    const double bytes[] = {16384, 262144, 4194304, 67108864};
    std::vector<double> rates;
    for (int run = 0; run < 11; ++run) rates.push_back(2e-9 * 67108864 / clock.section());  // as many copies as make 64 MiB
    rate[which] = middle(rates);
    EXPECT_LE(bytes[which], 67108864);
  }
  std::string text = machine_name() + format("\none core: %.1f GFLOP/s of fused multiply-adds; copies: %.0f GB/s at 16 KiB, %.0f at 256 KiB, %.0f "
                                             "at 4 MiB, %.0f at 64 MiB\n", peak, rate[0], rate[1], rate[2], rate[3]) +
                     format("the product's tile: %d x %d floats in registers of %d\n", tile.tile_rows, tile.tile_columns, tile.vector_floats);
  if (openblas) text += "OpenBLAS: one thread, its kernels for " + core + "\n";
  text += format("\nThe product in three steps, GFLOP/s and share of the peak (medians, interleaved)\n%-10s %-16s %13s %13s %13s%s\n", "",
                 "m x n x k", "loops", "tile", "packed", openblas ? "  OpenBLAS  ratio" : "");
  struct Shape {
    const char* name;
    int m, n, k;
  };
  double sums[4] = {}, operations = 0;
  const auto row = [&](const char* name, const std::string& shape, double gflop, const double* seconds) {
    text += format("%-10s %-16s", name, shape.c_str());
    for (int s = 0; s < 3; ++s) text += format(" %7.1f %3.0f %%", gflop / seconds[s], 100 * gflop / seconds[s] / peak);
    if (openblas) text += format(" %9.1f %6.2f", gflop / seconds[3], seconds[3] / seconds[2]);
    text += "\n";
  };
  for (const Shape& p : {Shape{"forward", 8, 5, 4}, Shape{"forward", 8, 3, 5}, Shape{"forward", 8, 3, 3}, Shape{"weights", 3, 3, 8}, Shape{"input", 8, 3, 3},
                         Shape{"weights", 5, 3, 8}, Shape{"input", 8, 5, 3}, Shape{"weights", 4, 5, 8}}) {
    std::vector<double> times[4];
    for (int i = 0; i < 301; ++i)
      for (int s = 0; s < (openblas ? 4 : 3); ++s)
        if (s > 0 || i < 5) times[s].push_back(clock.section());
    double seconds[4] = {};
    for (int s = 0; s < 4; ++s)
      if (!times[s].empty()) sums[s] += seconds[s] = middle(times[s]);
    const double gflop = 2e-9 * p.m * p.n * p.k;
    operations += gflop;
    row(p.name, std::to_string(p.m) + " x " + std::to_string(p.n) + " x " + std::to_string(p.k), gflop, seconds);
  }
  row("all", "batch 8", operations, sums);
  const int steps = 7680 / 8, pairs = 11;
  clock.section(), clock.section();
  std::vector<double> rates, ratios;
  for (int i = 0; i < pairs; ++i) {
    const double own = clock.section();
    rates.push_back(steps * 8 / own);
    if (openblas) ratios.push_back(clock.section() / own);
  }
  const double limit = peak / (operations / 8);
  text += format("\nTraining, batch 8: %.0f samples/s (median of 11 runs of 960 steps)\n"
                 "  limit by arithmetic: %.2f MFLOP a sample at %.1f GFLOP/s = %.0f samples/s; reached %.0f %%\n", middle(rates), 1000 * operations / 8,
                 peak, limit, 100 * middle(rates) / limit);
  if (!openblas) return text + "  OpenBLAS is not installed: no comparison (an optional extra; on Debian: libopenblas0)\n";
  const Interval interval = median_interval(ratios);
  return text + format("  ratio to the same network over OpenBLAS: %.3f (median of 11 interleaved pairs, 95 %% interval %.3f to %.3f)\n",
                       middle(ratios), interval.low, interval.high);
}

void expect_bench(bool openblas, const std::string& core) {
  const data_sets::DataSet data({20, 2, 2, 3}, {20, 2, 2, 3});
  const std::string csv = scratch_file("one_batch.csv");
  std::string text;
  {
    const ClockOfTest by_test{KnownClock(0)};
    text = said(bench_program::main_of_program, {"--data", data.folder, "--hidden", "5,3", "--batch", "8", "--pairs", "11", "--csv", csv});
  }
  const std::string rows = text_of_file(csv);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 2 + 8) << "a line for each of its products, too";
  std::remove(csv.c_str());
  // The compiler chooses in which order the arguments of a call are calculated: here, which copy is measured first.
  const std::string from_first = expected_bench(openblas, core, false), from_last = expected_bench(openblas, core, true);
  EXPECT_EQ(text, text == from_first ? from_first : from_last);
  EXPECT_TRUE(contains(text, format("copies: %.0f GB/s at 16 KiB, %.0f at 256 KiB, %.0f at 4 MiB, %.0f at 64 MiB\n", copies[16384], copies[262144],
                                    copies[4194304], copies[67108864])));
}

// These come in this order: a library that was loaded stays.
TEST(Bench, PrintsWhatTheClockSaysWithoutOpenBlas) {
  take_openblas_away();
  EXPECT_EQ(OpenBlasDevice::open(), nullptr);
  expect_bench(false, "");
}

TEST(Bench, TakesOpenBlasIfItHasWhatIsNeeded) {
  take_openblas_away();
  void* const nameless = load_false_library(sgemm_in_loops, "libopenblas.dylib");  // an older one does not tell its kernels
  EXPECT_EQ(OpenBlasDevice::open()->core(), "an unknown processor");
  dlclose(nameless), dlclose(nameless);  // the device has opened it, too
  void* const library = openblas_of_test = load_false_library(std::string(sgemm_in_loops) + "char* openblas_get_corename(void) { static char name[] = \"TestWell\"; return name; }", "libopenblas.dylib");
  const auto device = OpenBlasDevice::open();
  ASSERT_TRUE(device);
  EXPECT_EQ(device->core(), "TestWell");
  EXPECT_EQ(*static_cast<int*>(dlsym(library, "threads")), 1);
  EXPECT_EQ(device->name(), "cpu with OpenBLAS");
  CpuDevice ours;
  const int rows = 4, in = 3, out = 5;
  std::vector<float> x, w, dy, b = {3, -200, 1, 0, 2};
  for (int i = 0; i < rows * in; ++i) x.push_back(float(i % 5 - 2));
  for (int i = 0; i < in * out; ++i) w.push_back(float(i % 7 - 3));
  for (int i = 0; i < rows * out; ++i) dy.push_back(float(i % 4 - 1));
  const auto same = [&](size_t n, auto operation) {
    std::vector<float> theirs(n, 10.0f), expected(n, 10.0f);
    operation(*device, theirs.data());
    operation(ours, expected.data());
    EXPECT_EQ(theirs, expected);
  };
  for (Activation activation : {Activation::none, Activation::relu})
    same(rows * out, [&](CpuDevice& d, float* y) { d.linear_forward(y, x.data(), w.data(), b.data(), activation, rows, in, out); });
  same(rows * out, [&](CpuDevice& d, float* y) { d.linear_forward(y, x.data(), w.data(), nullptr, Activation::none, rows, in, out); });
  for (Write write : {Write::overwrite, Write::accumulate}) {
    same(in * out, [&](CpuDevice& d, float* dw) { d.linear_backward_weights(dw, x.data(), dy.data(), write, rows, in, out); });
    same(rows * in, [&](CpuDevice& d, float* dx) { d.linear_backward_input(dx, dy.data(), w.data(), write, rows, in, out); });
  }
}

TEST(Bench, PrintsWhatTheClockSaysWithOpenBlas) {
  const auto device = OpenBlasDevice::open();
  ASSERT_TRUE(device && openblas_of_test);
  const int& products = *static_cast<int*>(dlsym(openblas_of_test, "products")) = 0;
  expect_bench(true, device->core());
  EXPECT_EQ(products, 8 * 301 + 12 * 960 * 8) << "each product, and one training of the two";
}

// Each product by each step, with operands that lie as the training step has them.
TEST(Bench, MeasuresEachStepOnTheOperandsOfTheProduct) {
  for (const auto& [left, right, steps] : {std::tuple{false, false, "4 1 3 1 "}, {true, false, "1 2 3 1 "}, {false, true, "4 1 1 4 "}}) {
    products_called.clear();
    const ClockOfTest by_test{KnownClock(0)};
    bench_program::time_product({"", 2, 3, 4, left, right}, nullptr);
    std::string expected;
    for (int i = 0; i < 301; ++i)
      for (const char* step : {"0", "1", "2"})
        if (i < 5 || *step != '0') expected += std::string(step) + " 2 3 4 " + steps;
    EXPECT_TRUE(products_called == expected) << products_called.substr(0, 100);
  }
}

TEST(Bench, HasTheProductsOfFourBatches) {
  const data_sets::DataSet data({20, 2, 2, 3}, {20, 2, 2, 3});
  const ClockOfTest by_test{KnownClock(0)};
  const std::string csv = scratch_file("products.csv");
  const std::string text = said(bench_program::main_of_program, {"--data", data.folder, "--hidden", "1", "--all-products", "--csv", csv});
  std::string batches;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("all ")) batches += line.substr(11, 16);
  EXPECT_EQ(batches, "batch 32        batch 64        batch 128       batch 256       ");
  EXPECT_FALSE(contains(text, "Training"));
  // The same as numbers: of each product the rate of the last step.
  std::ifstream numbers(csv);
  std::string row;
  std::getline(numbers, row);
  EXPECT_EQ(row, "# " + machine_name());
  std::getline(numbers, row);
  EXPECT_EQ(row, "shape,m,n,k,product,gflops");
  int rows = 0;
  lines = std::istringstream(text);
  for (std::string line; std::getline(lines, line);) {
    char name[16];
    int m, n, k;
    double rate;
    if (std::sscanf(line.c_str(), "%15s %d x %d x %d %*f %*f %% %*f %*f %% %lf", name, &m, &n, &k, &rate) != 5) continue;
    ASSERT_TRUE(std::getline(numbers, row));
    const std::string begin = format("%s,%d,%d,%d,packed,", name, m, n, k);
    ASSERT_TRUE(row.starts_with(begin)) << row << " " << begin;
    EXPECT_NEAR(std::stod(row.substr(begin.size())), rate, 0.06);  // printed with one digit
    ++rows;
  }
  EXPECT_EQ(rows, 4 * 5);
  EXPECT_FALSE(std::getline(numbers, row));
  std::remove(csv.c_str());
  setenv("OPENBLAS_CORETYPE", "Old", 1);
  const std::string alone = said(bench_program::main_of_program, {"--data", data.folder, "--hidden", "1", "--batch", "20", "--pairs", "11", "--training-only"});
  unsetenv("OPENBLAS_CORETYPE");
  EXPECT_FALSE(contains(alone, "in three steps"));
  EXPECT_TRUE(contains(alone, "Training, batch 20"));
  EXPECT_EQ(alone.find("WARNING: OPENBLAS_CORETYPE=Old chose these kernels.") != std::string::npos, OpenBlasDevice::open() != nullptr) << alone;
}

// Before it begins to measure, but for a disk that is full.
TEST(Bench, SaysWhatItCannotDo) {
  const data_sets::DataSet data({20, 2, 2, 3}, {20, 2, 2, 3});
  const auto error = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--data", data.folder});
    testing::internal::CaptureStderr();
    EXPECT_EQ(said(bench_program::main_of_program, options, 1), "");
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(error({"--csv", "/nonexistent/products.csv"}), "error: /nonexistent/products.csv: cannot be written\n");
  EXPECT_EQ(error({"--batch", "21"}), "error: --batch: 21 is more than the 20 training samples\n");
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  const ClockOfTest by_test{KnownClock(0)};
  EXPECT_EQ(error_of([&] { printed_by([&] { bench_program::bench_products({4, 1, 3}, {8}, 1, nullptr, full.file()); }); }), full.file() + ": cannot write");
}

// Large products are repeated less often, eleven times at least.
TEST(Bench, RepeatsAProductForTwoGigaflops) {
  // A fiftieth of a GFLOP, and a fifth, of which ten would do.
  for (const auto& [p, repeats] : {std::pair{bench_program::Product{"some", 100, 250, 400, false, true}, 100}, {{"large", 250, 800, 490, false, false}, 11}}) {
    KnownClock clock(0);
    const ClockOfTest by_test{KnownClock(0)};
    const auto seconds = bench_program::time_product(p, nullptr);
    std::vector<double> times[3];
    for (int i = 0; i < repeats; ++i)
      for (int s = i < 5 ? 0 : 1; s < 3; ++s) times[s].push_back(clock.section());
    for (int s = 0; s < 3; ++s) EXPECT_EQ(seconds.step[s], middle(times[s])) << p.name;
    EXPECT_TRUE(std::isnan(seconds.openblas));
  }
}

// Whole batches one after the other, then again from the first; the last one that fits is taken.
TEST(Bench, TrainsOnTheNextBatch) {
  for (size_t count : {20u, 23u}) {
    const Dataset data = tiny_data(count);
    const std::vector<uint32_t> order = permutation(3, 0, count);
    CpuDevice device;
    SerialTraining timed(device, {4, 5, 3}, {}, 10, 1), expected(device, {4, 5, 3}, {}, 10, 1);
    size_t next = 0;
    KnownClock clock(0);
    const ClockOfTest by_test{KnownClock(0)};
    EXPECT_EQ(bench_program::time_steps(timed, next, data, order, 10, 3), clock.section());
    for (const Range batch : {Range{0, 10}, Range{10, 20}, Range{0, 10}}) expected.step(data, order, batch);
    EXPECT_TRUE(compare(timed.weights(), expected.weights()).same_bits());
    EXPECT_EQ(next, 10u);
  }
}

// A run of about 7680 samples; of a longer batch it is one step.
TEST(Bench, MakesOneStepOfALongBatch) {
  TrainOptions o;
  o.hidden = {2};
  CpuDevice ours;
  const ClockOfTest by_test{KnownClock(0)};
  for (const auto& [batch, steps] : {std::pair{2560, 3}, {7680, 1}, {8000, 1}}) {
    o.batch = batch;
    const std::string text = printed_by([&] { bench_program::bench_training(tiny_data(8000), o, 11, 1, ours, nullptr); });
    EXPECT_TRUE(contains(text, format("(median of 11 runs of %d steps)\n", steps)));
  }
}

TEST(Bench, StopsAtALossThatIsNotFinite) {
  const Dataset data = tiny_data(20);
  CpuDevice device;
  SerialTraining training(device, {4, 3}, {}, 10, 1);
  training.set_weights(std::vector<float>(training.layout().count, NAN));
  size_t next = 0;
  EXPECT_EQ(error_of([&] { bench_program::time_steps(training, next, data, permutation(1, 0, 20), 10, 1); }), "the loss is not finite");
}

// ---- fit_function.cpp ----

double zigzag(double x) {  // from -1 at 0.5 up to 1 at 1, and so on: period 1
  const double part = x - std::floor(x);
  return part < 0.5 ? 1 - 4 * part : 4 * part - 3;
}

TEST(FitFunction, KnowsItsTargets) {
  for (double x : {-1.0, -0.7, -0.25, 0.0, 0.1, 0.5, 0.6, 1.0}) {
    EXPECT_NEAR(fit_program::target("sine", x), std::sin(3.14159265358979 * x), 1e-12) << x;
    EXPECT_EQ(fit_program::target("step", x), x < 0 ? -1 : 1) << x;
    EXPECT_NEAR(fit_program::target("zigzag", x), zigzag(x), 1e-12) << x;
  }
}

// Without hidden layers the network is y = w x + b: two steps of gradient descent by hand.
TEST(FitFunction, TwoStepsByHand) {
  const std::string log = scratch_file("fit.csv");
  const std::string text = said(fit_program::main_of_program, {"--function", "zigzag", "--hidden", "none", "--steps", "2", "--optimizer", "sgd",
                                                               "--learning-rate", "0.3", "--seed", "5", "--log", log});
  const auto uniform_of = [](uint32_t word) { return 2 * double(word >> 8) / 16777216 - 1; };
  double w = std::sqrt(6.0) * uniform_of(random_words(5, RandomStream::weights, 0, 0)[0]), b = 0, error = 0;
  for (uint32_t step = 0; step < 2; ++step) {
    double dw = 0, db = 0;
    error = 0;
    for (uint64_t r = 0; r < 64; ++r) {
      const double x = uniform_of(random_words(5, RandomStream::data, step, r)[0]), difference = w * x + b - zigzag(x);
      error += difference * difference / 64, dw += 2 * difference * x / 64, db += 2 * difference / 64;
    }
    w -= 0.3 * dw, b -= 0.3 * db;
  }
  std::vector<std::string> picture(17, std::string(72, ' '));
  std::istringstream lines(text_of_file(log));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "x,target,fit");
  const auto draw = [&](double y, int column, char sign) {  // from 1.2 in the first row to -1.2 in the last
    picture[size_t(std::max(0L, std::min(16L, std::lround(16 * (1.2 - y) / 2.4))))][size_t(column)] = sign;
  };
  for (int i = 0; i < 72; ++i) {
    double x, target, fit;
    std::getline(lines, line);
    ASSERT_EQ(std::sscanf(line.c_str(), "%lf,%lf,%lf", &x, &target, &fit), 3) << line;
    EXPECT_NEAR(x, -1 + 2 * i / 71.0, 1e-5);
    EXPECT_NEAR(target, zigzag(x), 1e-4);
    EXPECT_NEAR(fit, w * x + b, 2e-5);
    draw(zigzag(-1 + 2 * i / 71.0), i, '.');
    draw(w * (-1 + 2 * i / 71.0) + b, i, '#');
  }
  EXPECT_FALSE(std::getline(lines, line));
  std::string expected = format("zigzag ('.') and what 1-1 learned of it in 2 steps ('#'); mean squared error of the last batch %.2g\n", error);
  for (const std::string& row : picture) expected += "  " + row + "\n";
  EXPECT_EQ(text, expected);
  std::remove(log.c_str());
}

TEST(FitFunction, DrawsWhatIsBesideThePicture) {
  std::vector<float> fit(72, 5.0f);
  fit[1] = -5;
  const std::string text = printed_by([&] { fit_program::draw("step", fit); });
  std::vector<std::string> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 17u);
  EXPECT_EQ(rows[0], "  # " + std::string(70, '#'));
  EXPECT_EQ(rows[16], "   #" + std::string(70, ' '));
  EXPECT_EQ(rows[15], "  " + std::string(36, '.') + std::string(36, ' '));
  EXPECT_EQ(rows[1], "  " + std::string(36, ' ') + std::string(36, '.'));
}

TEST(FitFunction, SaysWhatItDidAndWhatWentWrong) {
  const std::string text = said(fit_program::main_of_program, {"--hidden", "8,4", "--steps", "0"});
  EXPECT_TRUE(text.starts_with("sine ('.') and what 1-8-4-1 learned of it in 0 steps ('#'); mean squared error of the last batch 0\n")) << text;
  testing::internal::CaptureStderr();
  EXPECT_EQ(said(fit_program::main_of_program, {"--steps", "0", "--log", "/nonexistent/fit.csv"}, 1), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: /nonexistent/fit.csv: cannot be written\n") << "asked before the work";
  testing::internal::CaptureStderr();
  const FullDisk full;
  said(fit_program::main_of_program, {"--steps", "0", "--log", full.file()}, 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: " + full.file() + ": cannot write\n");
  // The first step whose error is not finite is told, steps being counted from 0: as many steps as that one's number are none too many.
  const auto error_of_steps = [](int steps, int status) {
    testing::internal::CaptureStderr();
    said(fit_program::main_of_program, {"--hidden", "none", "--steps", std::to_string(steps), "--optimizer", "sgd", "--learning-rate", "100"}, status);
    return testing::internal::GetCapturedStderr();
  };
  const std::string error = error_of_steps(100000, 1);
  int step = -1;
  ASSERT_EQ(std::sscanf(error.c_str(), "error: step %d: the error is not finite", &step), 1) << error;
  EXPECT_EQ(error_of_steps(step, 0), "");
  EXPECT_EQ(error_of_steps(step + 1, 1), error);
}

// ---- gradient_check.cpp ----

TEST(GradientCheck, TellsTheWorstOfEachLayer) {
  const std::string text = said(check_program::main_of_program, {"--sizes", "6,4,3", "--rows", "5"});
  CpuDevice device;
  const Layout layout = make_layout({6, 4, 3});
  std::vector<float> parameters(layout.count), gradients(layout.count);
  initialize(parameters.data(), layout, 1);
  for (size_t j = 0; j < 4; ++j) parameters[24 + j] = 0.05f * float(1 + j % 3);
  for (size_t j = 0; j < 3; ++j) parameters[40 + j] = 0.05f * float(1 + j);
  Dataset data{5, 1, 6, {}, {}};
  for (size_t i = 0; i < 30; ++i) data.pixels.push_back(uint8_t(random_words(1, RandomStream::data, 0, i)[0] % 256));
  for (size_t r = 0; r < 5; ++r) data.labels.push_back(uint8_t(random_words(1, RandomStream::data, 1, r)[0] % 3));
  const std::vector<uint32_t> order = permutation(1, 0, 5);
  Mlp mlp(device, layout, parameters.data(), gradients.data(), {.rows = 5});
  SoftmaxHead head(device, {.rows = 5});
  load_images(mlp, data, order, {0, 5});
  head.load_labels(data, order, {0, 5});
  mlp.forward(5);
  head.backward(mlp, 5);
  mlp.backward(Write::overwrite);
  std::vector<double> x, at(parameters.begin(), parameters.end());
  std::vector<int> labels;
  for (uint32_t r : order) {
    labels.push_back(data.labels[r]);
    for (size_t i = 0; i < 6; ++i) x.push_back(float(data.pixels[6 * r + i]) * (1.0f / 255));
  }
  for (size_t i = 0; i < 30; ++i) EXPECT_NEAR(x[i], mlp.input()[i], 1e-7);
  x.assign(mlp.input(), mlp.input() + 30);
  std::string expected = format("%-8s %-12s %12s %14s %14s %12s\n", "layer", "shape", "parameters", "backward", "slope", "difference");
  double largest = 0, worst_of_all = 0;
  const size_t bounds[] = {0, 28, 43};
  for (int layer = 0; layer < 2; ++layer) {
    double worst = 0, backward = 0, of_slope = 0;
    for (size_t i = bounds[layer]; i < bounds[layer + 1]; ++i) {
      const double slope = central_difference(layout, at, i, x, labels), error = std::abs(double(gradients[i]) - slope);
      largest = std::max(largest, std::abs(slope));
      if (error > worst) worst = error, backward = gradients[i], of_slope = slope;
    }
    worst_of_all = std::max(worst_of_all, worst);
    expected += format("%-8d %-12s %12d %14.9f %14.9f %12.1e\n", layer, layer == 0 ? "6 -> 4" : "4 -> 3", layer == 0 ? 28 : 15, backward, of_slope, worst);
  }
  EXPECT_EQ(text, expected + format("largest difference %.1e, bound %.1e (1e-5 of the largest gradient): the backward pass is right\n", worst_of_all,
                                    largest / 100000));
  testing::internal::CaptureStderr();
  said(check_program::main_of_program, {"--sizes", "6"}, 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: --sizes: a network needs an input and an output\n");
}

// A device whose backward pass is wrong in one number: of another size, or not a number; and a bound that is just kept.
float wrong_number = 0;
class WrongDevice : public CpuDevice {
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override {
    CpuDevice::linear_backward_bias(db, dy, write, rows, out);
    if (out == 4) db[1] += wrong_number;  // neither the first nor the last
  }
};

TEST(GradientCheck, SaysWhatIsWrong) {
  device_of_test = [] { return std::unique_ptr<Device>(new WrongDevice); };
  for (const float wrong : {0.01f, -0.01f, NAN}) {
    wrong_number = wrong;
    const std::string text = said(check_program::main_of_program, {"--sizes", "6,4,3", "--rows", "5"}, 1);
    EXPECT_TRUE(text.ends_with(" (1e-5 of the largest gradient): the backward pass is WRONG\n")) << text;
    EXPECT_TRUE(contains(text, std::isnan(wrong) ? "\nlargest difference nan, bound " : "\nlargest difference 1.0e-02, bound ")) << wrong;
  }
  device_of_test = make_cpu_device;
}

// ---- reference.cpp, which all of that believes in ----

// y = max(x w + b, 0), then logits (y, -y): loss log(1 + exp(-2 y)) for label 0, log(1 + exp(2 y)) for label 1.
TEST(Reference, LossAndSlopeByHand) {
  const Layout layout = make_layout({2, 1, 2});
  std::vector<double> parameters = {0.5, -1, 0.25, /* layer 1 */ 1, -1, 0, 0};
  const std::vector<double> x = {2, 0.5, 1, 3};  // y = 0.75 and 0
  const double y = 0.75, expected = (std::log(1 + std::exp(2 * y)) + std::log(2)) / 2;
  EXPECT_NEAR(reference_loss(layout, parameters, x, {1, 0}), expected, 1e-15);
  EXPECT_NEAR(reference_loss(layout, parameters, {2, 0.5}, {0}), std::log(1 + std::exp(-2 * y)), 1e-15);
  parameters[3] = 1000, parameters[4] = -1000;  // no overflow
  EXPECT_NEAR(reference_loss(layout, parameters, {2, 0.5}, {1}), 1500, 1e-9);
  parameters[3] = 1, parameters[4] = -1;
  const std::vector<double> before = parameters;
  // By the first bias: 2 / (1 + exp(-2 y)) for the row that is not cut off, half of it in the mean.
  EXPECT_NEAR(central_difference(layout, parameters, 2, x, {1, 0}), 1 / (1 + std::exp(-2 * y)), 1e-9);
  EXPECT_NEAR(central_difference(layout, parameters, 2, x, {1, 0}, 0.5), [&] {
    const auto loss = [](double z) { return (std::log(1 + std::exp(2 * z)) + std::log(2)) / 2; };
    return loss(y + 0.5) - loss(y - 0.5);
  }(), 1e-12);
  EXPECT_EQ(parameters, before);
}

// ---- train_options.cpp ----

TEST(TrainOptions, TakeAllSamplesOrTheFirst) {
  TrainOptions o;
  o.batch = 20;
  Dataset all = tiny_data(20);
  EXPECT_NO_THROW(o.apply(all)) << "a batch of all samples";
  EXPECT_EQ(all.count, 20u);
  o.train_samples = 20;
  EXPECT_NO_THROW(o.apply(all)) << "as many as there are";
  o.train_samples = 1, o.batch = 1;
  o.apply(all);
  EXPECT_EQ(all.count, 1u);
  EXPECT_EQ(all.pixels.size(), 4u);
  EXPECT_EQ(all.labels.size(), 1u);
  o.batch = 7, o.micro_batches = 3;
  EXPECT_EQ(o.largest_micro_batch(), 3);
  o.micro_batches = 7;
  EXPECT_EQ(o.largest_micro_batch(), 1);
}

}  // namespace
