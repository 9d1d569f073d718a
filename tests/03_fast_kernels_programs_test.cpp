// The programs of chapter 03: the numbers that they print, computed another way. The benchmark's clock is the test's own.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/shapes.h"
#include "common/compare.h"
#include "common/options.h"
#include "common/philox.h"
#include "tests/03_fast_test.h"
#include "tests/data_sets.h"
#include "tests/error_of.h"
#include "tests/false_library.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/options_told.h"
#include "tests/plain_training.h"
#include "tests/program.h"
#include "tests/training_runs.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_blocks, cuda_on_cpu_threads;  // what the twin counts of the last launch

namespace fast {
const std::vector<Step>& steps_of_bench();  // those of one test, or else the chapter's
}
#define main bench_main
#define matmul_steps steps_of_bench
#include "chapters/03_fast_kernels/bench.cpp"
#undef matmul_steps
#undef main
std::vector<fast::Step> steps_of_test;
const std::vector<fast::Step>& fast::steps_of_bench() { return steps_of_test.empty() ? matmul_steps() : steps_of_test; }

namespace {

const std::string program = build_folder() + "/chapters/03_fast_kernels/train";
const std::string unwritable = "/nonexistent/f.csv: cannot be written";
std::string cuda() { return run_program(program + " --device cuda --epochs 0").status == 77 ? "cpu" : "cuda"; }

TEST(TrainProgram, PrintsWhatAPlainLoopComputes) {
  EXPECT_EQ(plain::complaints(run_program(program + " --device cpu" + plain::runs()[1].options() + "--micro-batches 3"), plain::runs()[1]), "");
  if (cuda() == "cpu") GTEST_SKIP() << "skipped: no GPU can be used";
  EXPECT_EQ(plain::complaints(run_program(program + " --device cuda" + plain::runs()[2].options() + "--micro-batches 3"), plain::runs()[2]), "");
}

TEST(TrainProgram, HelpAndMistakes) {
  EXPECT_TRUE(run_program(program + " --help").output.starts_with("Trains a multilayer perceptron on MNIST, on a CPU or on a GPU.\n"));
  EXPECT_EQ(run_program(program + " --device gpu").output, "error: --device: 'gpu' is not one of cpu|cuda\n");
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) { data_sets::expect_every_data_set(program + " --device " + cuda()); }

TEST(Roofline, HasEveryProductOfTheTable) {
  if (run_program("command -v gnuplot").status != 0) GTEST_SKIP() << "skipped: gnuplot is not installed";
  const std::string csv = testing::TempDir() + "products.csv", picture = testing::TempDir() + "roofline.svg";
  std::ofstream(csv) << "# Some GPU,60000,3000\nproduct,flop_per_byte,gflops\n\"1 naive\",0.25,300\n\"2 "
                        "coalesced\",0.25,3000\n\"8 tensor cores, half\",16,50000\n";
  const ProgramRun run = run_program("sh chapters/03_fast_kernels/roofline.sh " + csv + " " + picture);
  EXPECT_EQ(run.status, 0) << run.output;
  const std::string drawn = text_of_file(picture);
  for (const char* name : {"Some GPU", "1 naive", "2 coalesced", "8 tensor cores, half"})
    EXPECT_TRUE(contains(drawn, name)) << name;
  EXPECT_FALSE(contains(drawn, ">product<")) << "the heading of the table is drawn";
}

// --- The benchmark ---------------------------------------------------------------------------------------------------------

// A clock that is read twice for each time that is taken: it shows 0 and then the next of these seconds, the last one again and again.
std::vector<double> shown;
size_t readings;
std::string watched;  // a file whose lines are counted with each reading
long lines_watched;
std::vector<std::array<unsigned long, 3>> started;  // kernels and graphs, and how often the host has waited, at each reading
struct OwnClock {
  decltype(clock_seconds) before = clock_seconds;
  explicit OwnClock(const std::vector<double>& seconds) {
    shown = seconds, readings = 0;
    started.clear();
    clock_seconds = [] {
      if (&cuda_on_cpu_launches) started.push_back({cuda_on_cpu_launches, cuda_on_cpu_graphs, cuda_on_cpu_waits});
      if (!watched.empty()) {
        const std::string text = text_of_file(watched);
        lines_watched = std::count(text.begin(), text.end(), '\n');
      }
      const size_t pair = readings++ / 2;
      return readings % 2 == 1 ? 0 : shown[std::min(pair, shown.size() - 1)];
    };
  }
  ~OwnClock() { clock_seconds = before; }
};

std::string captured(const std::function<void()>& body) {
  testing::internal::CaptureStdout();
  body();
  return testing::internal::GetCapturedStdout();
}

// Products small enough to be computed by every step on one core.
const std::vector<Shape> small = {{"plain", 5, 7, 3, false, false}, {"left", 4, 6, 5, true, false}, {"right", 3, 5, 9, false, true}};

TEST(Bench, TheShapesAreThoseOfTheFirstLayer) {
  const std::vector<Shape> on_cpu = shapes(false), on_gpu = shapes(true);
  ASSERT_EQ(on_cpu.size(), 3u);
  ASSERT_EQ(on_gpu.size(), 4u);
  const int rows = 128, in = 784, out = 512;
  const auto expect = [](const Shape& s, const std::string& name, int m, int n, int k, bool a, bool b) {
    EXPECT_EQ(s.name, name);
    EXPECT_TRUE(s.m == m && s.n == n && s.k == k && s.a_transposed == a && s.b_transposed == b) << name;
    EXPECT_NEAR(s.gflop(), 2.0 * m * n * k / 1e9, 1e-12);
    const double bytes = 4.0 * m * k + 4.0 * k * n + 4.0 * m * n;
    EXPECT_NEAR(s.flop_per_byte(), s.gflop() * 1e9 / bytes, 1e-9) << name;
  };
  for (const auto& all : {on_cpu, on_gpu}) {
    expect(all[0], "x w", rows, out, in, false, false);
    expect(all[1], "xT dy", in, out, rows, true, false);
    expect(all[2], "dy wT", rows, in, out, false, true);
  }
  expect(on_gpu[3], "4096^3", 4096, 4096, 4096, false, false);
}

TEST(Bench, TakesTheBestOfSomeRounds) {
  struct Logging : CpuDevice {
    std::string* log = nullptr;
    void synchronize() override { *log += 's'; }
  } device;
  std::string log;
  device.log = &log;
  const struct {
    std::vector<double> seconds;
    double best;
    size_t calls, rounds;
  } cases[] = {
      {{0.005, 0.04, 0.02, 0.03, 0.06, 0.05}, 0.02 / 4, 4, 5},  // 20 ms are four calls
      {{0.2, 0.3, 0.25}, 0.25, 1, 2},                           // slow ones are not repeated so often
      {{0.1, 0.5, 0.4, 0.3, 0.2, 0.6}, 0.2, 1, 5},
      {{1e-9, 3, 2, 5, 4, 6}, 2.0 / 1000, 1000, 5},             // a thousand at most
      {{0.03, 0.05, 0.04, 0.02, 0.01, 0.06}, 0.01, 1, 5},
  };
  for (const auto& c : cases) {
    const OwnClock clock(c.seconds);
    log.clear();
    EXPECT_DOUBLE_EQ(seconds_of(device, [&] { log += 'c'; }), c.best);
    std::string expected = "scs";
    for (size_t round = 0; round < c.rounds; ++round) expected += "s" + std::string(c.calls, 'c') + "s";
    EXPECT_EQ(log, expected) << "the device must be idle before and after";
    EXPECT_EQ(readings, 2 * (1 + c.rounds));
  }
}

TEST(Bench, ItsOperandsLieAsTheShapeSays) {
  CpuDevice cpu;
  for (const Shape& s : small) {
    const Operands o = filled(cpu, s);
    cpu.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k, {});
    const std::vector<float> a = test_floats(size_t(s.m) * s.k), b = test_floats(size_t(s.k) * s.n);
    for (int i = 0; i < s.m; ++i)
      for (int j = 0; j < s.n; ++j) {
        double sum = 0;
        for (int p = 0; p < s.k; ++p)
          sum += double(a[size_t(s.a_transposed ? p * s.m + i : i * s.k + p)]) * b[size_t(s.b_transposed ? j * s.k + p : p * s.n + j)];
        EXPECT_NEAR(o.c()[i * s.n + j], sum, 1e-6) << s.name << " " << i << " " << j;
      }
  }
}

std::string right_aligned(double value, int width, int digits, const std::string& behind = "") {
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(digits);
  text.width(width);
  text << value;
  return " " + text.str() + behind;
}
std::string named(std::string name) {
  name.resize(26, ' ');
  return name;
}

TEST(Bench, ARowHasItsSharesOfPeakAndYardstick) {
  const Row yard{"yard", {3, 8}, true};
  const auto printed = [](const Row& row, double peak, const Row* yardstick) { return captured([&] { print_row(row, peak, yardstick); }); };
  EXPECT_EQ(printed({"1 naive", {1.25, 2}, true}, 0, nullptr), named("1 naive") + "       1.2       2.0\n");
  EXPECT_EQ(printed({"1 naive", {1, 2}, true}, 16, nullptr), named("1 naive") + "       1.0       2.0     12.5 %\n");
  EXPECT_EQ(printed({"1 naive", {1, 2}, true}, 16, &yard), named("1 naive") + "       1.0       2.0     12.5 %     25.0 %\n");
  EXPECT_EQ(printed({"half", {1, 2}, false}, 16, &yard), named("half") + "       1.0       2.0        -       25.0 % (fewer bits than cuBLAS here)\n");
  EXPECT_EQ(printed({"half", {1, 2}, false}, 0, nullptr), named("half") + "       1.0       2.0\n");
}

struct BenchTest : FastTest {};

// Each product takes half a second by the clock, each third of a second in the second table.
TEST_F(BenchTest, ProductsAreTheirOperationsDividedByTheirTime) {
  const auto rate = [](const Shape& s, double seconds) { return 2.0 * s.m * s.n * s.k / seconds / 1e9; };
  {
    const OwnClock clock({0.5});
    const std::vector<Row> rows = time_steps(*device, small);
    EXPECT_TRUE(device->masks_gradients()) << "the product is training's again";
    size_t at = 0;
    for (const fast::Step& step : fast::matmul_steps()) {
      if (!fast::can_run(step)) continue;
      ASSERT_LT(at, rows.size());
      EXPECT_EQ(rows[at].name, step.name);
      EXPECT_EQ(rows[at].full_precision, std::string(step.name).find("tensor") == std::string::npos);
      ASSERT_EQ(rows[at].gflops.size(), small.size());
      for (size_t s = 0; s < small.size(); ++s) EXPECT_DOUBLE_EQ(rows[at].gflops[s], rate(small[s], 0.5));
      ++at;
    }
    EXPECT_EQ(at, rows.size());
    const Row chapter_01 = time_chapter_01(small);
    for (size_t s = 0; s < small.size(); ++s) EXPECT_DOUBLE_EQ(chapter_01.gflops[s], rate(small[s], 0.5));
  }

  const OwnClock clock({1.0 / 3});
  const std::string csv = testing::TempDir() + "products_" + std::to_string(getpid()) + ".csv";
  const DeviceLimits limits{.name = "Some CPU", .is_gpu = false, .multiprocessors = 1, .gflops = 1e-6, .gbytes = 3};
  std::string table = "\n" + named("products, GFLOP/s") + "     plain      left     right\n", file = "# Some CPU,1e-06,3\nproduct,flop_per_byte,gflops\n";
  const auto expect_row = [&](const std::string& name, bool full) {
    table += named(name);
    for (const Shape& s : small) table += right_aligned(rate(s, 1.0 / 3), 9, 1);
    table += full ? right_aligned(100 * rate(small.back(), 1.0 / 3) / 1e-6, 8, 1, " %\n") : "        -  \n";
  };
  for (const fast::Step& step : fast::matmul_steps())
    if (fast::can_run(step)) {
      expect_row(step.name, step.input_rounding == 0);
      std::ostringstream numbers;
      numbers << small.back().flop_per_byte() << ',' << rate(small.back(), 1.0 / 3);
      file += '"' + std::string(step.name) + "\"," + numbers.str() + "\n";
    }
  expect_row("chapter 01's product", true);
  EXPECT_EQ(captured([&] { bench_products(*device, limits, small, csv); }), table);
  EXPECT_EQ(text_of_file(csv), file);
  std::filesystem::remove(csv);
  EXPECT_EQ(error_of([&] { captured([&] { bench_products(*device, limits, {small[0]}, "/nonexistent/f.csv"); }); }), unwritable);
  testing::internal::GetCapturedStdout();
}

// A product that notes how it is called. Each is called three times, and the operands lie as the shape says.
std::string products_called;
template <int step>
void noted(float*, MatrixView a, MatrixView b, int m, int n, int k, Finish, cudaStream_t) {
  for (size_t number : {size_t(step), size_t(m), size_t(n), size_t(k), a.row_step, a.column_step, b.row_step, b.column_step}) products_called += std::to_string(number) + " ";
}
TEST_F(BenchTest, EachProductOfTheListIsTimed) {
  const std::string of_shape[] = {"5 7 3 3 1 7 1 ", "4 6 5 1 4 6 1 ", "3 5 9 9 1 1 9 "};
  const auto three = [](const std::string& step, const std::string& call) { return step + call + step + call + step + call; };
  std::string by_step, by_shape;
  for (const char* step : {"0 ", "1 "})
    for (const std::string& shape : of_shape) by_step += three(step, shape);
  for (const std::string& shape : of_shape) by_shape += three("0 ", shape) + three("1 ", shape);
  steps_of_test = {{"first", noted<0>}, {"second", noted<1>}};
  const OwnClock clock({0.5});
  products_called.clear();
  time_steps(*device, small);
  EXPECT_EQ(products_called, by_step);
  products_called.clear();
  report_products(*device, small, "/dev/null");
  EXPECT_EQ(products_called, by_shape);
  steps_of_test.clear();
}

// The program's own products, and no training, into the file that was named.
TEST_F(BenchTest, TheProgramMeasuresWhatItsOptionsSay) {
  const std::string csv = scratch_file("named.csv");
  steps_of_test = {{"only", noted<0>}}, products_called.clear();
  const OwnClock clock({0.5});
  Arguments arguments({"--products", "--csv", csv});
  const std::string text = captured([&] { EXPECT_EQ(bench_main(arguments.count(), arguments.values()), 0); });
  steps_of_test.clear();
  EXPECT_TRUE(text.starts_with(captured([] { print_device(device_limits()); }) + "\nproducts, GFLOP/s") && !contains(text, "samples/s")) << text;
  EXPECT_TRUE(contains(products_called, "0 128 512 784 784 1 512 1 ")) << products_called;
  EXPECT_TRUE(contains(text_of_file(csv), "product,flop_per_byte,gflops\n\"only\",")) << text_of_file(csv);
  std::filesystem::remove(csv);
}

// All products of a training step by hand; then a line for each product in each shape.
TEST_F(BenchTest, AReportHasEveryProductInEveryShape) {
  const std::vector<Shape> on_gpu = report_shapes(true);
  ASSERT_EQ(on_gpu.size(), 8u + 5u);
  const struct { const char* name; int m, n, k; } expected[] = {
      {"x w, layer 1", 128, 512, 784}, {"xT dy, layer 1", 784, 512, 128}, {"x w, layer 2", 128, 256, 512}, {"xT dy, layer 2", 512, 256, 128},
      {"dy wT, layer 2", 128, 512, 256}, {"x w, layer 3", 128, 10, 256}, {"xT dy, layer 3", 256, 10, 128}, {"dy wT, layer 3", 128, 256, 10},
      {"512^3", 512, 512, 512}, {"1024^3", 1024, 1024, 1024}, {"2048^3", 2048, 2048, 2048}, {"4096^3", 4096, 4096, 4096}, {"8192^3", 8192, 8192, 8192}};
  for (size_t i = 0; i < on_gpu.size(); ++i) {
    const Shape& s = on_gpu[i];
    EXPECT_TRUE(s.name == expected[i].name && s.m == expected[i].m && s.n == expected[i].n && s.k == expected[i].k) << s.name;
    EXPECT_EQ(s.a_transposed, s.name.starts_with("xT"));
    EXPECT_EQ(s.b_transposed, s.name.starts_with("dy"));
  }
  EXPECT_EQ(report_shapes(false).size(), 2u);

  const OwnClock clock({0.5});
  const std::string csv = testing::TempDir() + "report_" + std::to_string(getpid()) + ".csv";
  watched = csv;
  report_products(*device, small, csv);
  EXPECT_TRUE(device->masks_gradients()) << "the product is training's again";
  watched = "";
  const bool cublas = Cublas(device->stream()).available();
  std::ostringstream text;
  text << "shape,m,n,k,product,gflops,of_cublas\n";
  for (const Shape& s : small) {
    std::ostringstream rate;
    rate << 2e-9 * s.m * s.n * s.k / 0.5;
    const std::string begin = '"' + s.name + "\"," + std::to_string(s.m) + "," + std::to_string(s.n) + "," + std::to_string(s.k) + ",\"";
    if (cublas) text << begin << "cuBLAS\"," << rate.str() << ",1\n";
    for (const fast::Step& step : fast::matmul_steps())
      if (fast::can_run(step)) text << begin << step.name << "\"," << rate.str() << (cublas ? ",1\n" : ",\n");
    if (!fast::can_run({.needs_ampere = true})) continue;
    if (cublas) text << begin << "cuBLAS, bfloat16\"," << rate.str() << ",1\n";
    text << begin << "16 stages, operands in memory\"," << rate.str() << (cublas ? ",1\n" : ",\n");
  }
  EXPECT_EQ(text_of_file(csv), text.str());
  const std::string whole = text.str();
  EXPECT_EQ(lines_watched + 1, std::count(whole.begin(), whole.end(), '\n')) << "each line is there when the next product begins";
  std::filesystem::remove(csv);
  EXPECT_EQ(error_of([&] { report_products(*device, small, "/nonexistent/f.csv"); }), unwritable);
}

TEST_F(BenchTest, AFullDiskIsNamed) {
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  const OwnClock clock({0.5});
  const std::string error = full.file() + ": cannot write";
  EXPECT_EQ(error_of([&] { printed_by([&] { bench_products(*device, {}, {small[0]}, full.file()); }); }), error);
  EXPECT_EQ(error_of([&] { report_products(*device, {small[0]}, full.file()); }), error);
  EXPECT_EQ(error_of([&] { report_limits(*device, {}, full.file()); }), error);
}

// Operations are counted as the twin counts threads: 8 chains of 4 multiply-adds for each. A copy of 2^14 floats moves them twice.
TEST_F(BenchTest, LimitsAreOperationsAndBytesBySeconds) {
  const OwnClock clock({0.5, 0.5, 0.5, 0.25});  // three readings for the operations, then the copy
  const std::string csv = testing::TempDir() + "limits_" + std::to_string(getpid()) + ".csv";
  report_limits(*device, {.name = "none", .gflops = 12, .gbytes = 34}, csv);
  std::ostringstream text;
  text << "limit,from_attributes,measured\nGFLOP/s in float,12," << 2e-9 * 8 * 4 * 256 * 8 * device_limits().multiprocessors / 0.5
       << "\nGB/s,34," << 2e-9 * 4 * 16384 / 0.25 << "\n";
  EXPECT_EQ(text_of_file(csv), text.str());
  std::filesystem::remove(csv);
  EXPECT_EQ(error_of([&] { report_limits(*device, {}, "/nonexistent/f.csv"); }), unwritable);
  if (!&cuda_on_cpu_blocks) return;  // on a GPU nobody counts
  const Buffer<> nothing(*device, 1, Purpose::workspace);
  const double operations = queue_multiply_adds(nothing, 3, device->stream());
  EXPECT_EQ(operations, 2.0 * 8 * 3 * double(cuda_on_cpu_blocks * cuda_on_cpu_threads));
}

// What NVIDIA's data sheets say of a T4 (1590 MHz), an A100 (1410 MHz; memory 1215 MHz, 5120 bits) and an RTX 3090 (1695 MHz; 9751 MHz, 384 bits).
TEST(DeviceLimits, AreThoseOfTheDataSheets) {
  EXPECT_NEAR(peak_gflops(40, float_units(7, 5), 1590e3), 8100, 100);
  EXPECT_NEAR(peak_gflops(108, float_units(8, 0), 1410e3), 19500, 50);
  EXPECT_NEAR(peak_gflops(82, float_units(8, 6), 1695e3), 35600, 50);
  for (const auto& [major, minor] : {std::pair{8, 9}, {9, 0}, {10, 0}, {12, 0}}) EXPECT_EQ(float_units(major, minor), 128);
  EXPECT_NEAR(peak_gbytes(1215e3, 5120), 1555, 1);
  EXPECT_NEAR(peak_gbytes(9751e3, 384), 936, 1);
}

TEST_F(BenchTest, OnAGpuThereIsAColumnForItsPeakAndForCublas) {
  const OwnClock clock({0.5});
  const DeviceLimits limits{.name = "Some GPU", .is_gpu = true, .multiprocessors = 108, .gflops = 19500, .gbytes = 1555};
  const std::string table = captured([&] { bench_products(*device, limits, {small[0]}, ""); });
  const bool cublas = Cublas(device->stream()).available();
  const std::string first = "\n" + named("products, GFLOP/s") + "     plain   of peak" + (cublas ? "  of cuBLAS in float" : "") + "\n" + named("1 naive") +
                            "       0.0      0.0 %";
  EXPECT_EQ(table.substr(0, first.size()), first);
  EXPECT_TRUE(cublas || table.ends_with("\ncuBLAS: not found\n")) << table;
  EXPECT_EQ(captured([&] { print_device(limits); }), "Some GPU: 108 multiprocessors, peak 19500 GFLOP/s in float, 1555 GB/s (from its attributes)\n");
  EXPECT_EQ(device_limits().name, device->name());
  EXPECT_GT(device_limits().multiprocessors, 0);
  EXPECT_EQ(device_limits().gflops > 0, device_limits().is_gpu);
  const std::string none = captured([] { print_device({}); });
  EXPECT_TRUE(none.starts_with("NOT A GPU. ") && none.find("thread after thread, on " + machine_name() + ".\n") != std::string::npos) << none;
}

TEST_F(BenchTest, ATrainingRateIsSamplesDividedByTime) {
  const Job job{.sizes = {784, 12, 11, 10}, .batch = 5};
  const Dataset data = noise(40);
  EXPECT_TRUE(data.count == 40 && data.height == 28 && data.width == 28 && data.pixels.size() == 40 * 784 && data.labels.size() == 40);
  EXPECT_NE(data.pixels[0], data.pixels[1]);
  EXPECT_LE(*std::ranges::max_element(data.labels), 9);
  EXPECT_GE(*std::ranges::max_element(data.labels), 5);
  // The same epoch in chapter 01's words. On another device, and with prefetch and graph, it is the same training.
  CpuDevice cpu;
  const std::vector<float> expected = training_runs::train(cpu, {.sizes = job.sizes, .batch = 5, .steps = 8}, data).weights;
  const auto weights = [&](Device& d, void (Trainer::*epoch)()) {
    Trainer trainer(d, job);
    EXPECT_EQ(trainer.samples(), 40u);
    (trainer.*epoch)();
    std::vector<float> all(trainer.parameters().size());
    d.copy_out(all.data(), trainer.parameters().data(), all.size());
    return all;
  };
  EXPECT_EQ(weights(cpu, &Trainer::plain_epoch), expected);
  EXPECT_EQ(weights(cpu, &Trainer::overlapped_epoch), expected);
  EXPECT_EQ(weights(cpu, &Trainer::whole_epoch), expected);
  EXPECT_LT(compare(weights(*device, &Trainer::plain_epoch), expected).max_abs, 1e-5);  // rounding alone
  EXPECT_EQ(weights(*device, &Trainer::overlapped_epoch), weights(*device, &Trainer::plain_epoch));
  EXPECT_EQ(weights(*device, &Trainer::whole_epoch), weights(*device, &Trainer::plain_epoch));

  const OwnClock clock({0.5});
  const auto line = [](std::string name) { return name.append(44 - name.size(), ' ') + "        80\n"; };
  const std::string rows = line("chapter 02's kernels") + line("chapter 03's kernels") + line("chapter 03's kernels, prefetch and graph") +
                           line("chapter 03's kernels, whole steps");
  const std::string title = "\n784-12-11-10, batch 5, samples/s\n";
  DeviceLimits limits;
  limits.is_gpu = true;
  EXPECT_EQ(captured([&] { bench_training(*device, limits, job); }), title + rows);
  // By hand: a sample has 784·12 + 12·11 + 11·10 multiply-adds forward, as many for the weights, and 12·11 + 11·10 for the gradients
  // between layers: 19,542, so 80 samples a second are 80·39,084 operations a second, 10 % of a peak of 0.0312672 GFLOP/s.
  limits.gflops = 0.0312672;
  EXPECT_TRUE(contains(captured([&] { bench_training(*device, limits, job); }), "whole steps                   80    10.0 % of the peak\n"));
  EXPECT_EQ(captured([&] { bench_training(*device, {}, job); }), title + line("chapter 01, on one core") + rows);
}

// A line's device and its way are told by the kernels and graphs that an epoch starts: here the second of three that are timed.
TEST_F(BenchTest, EachLineOfTrainingIsOfItsDeviceAndItsWay) {
  if (!&cuda_on_cpu_launches) GTEST_SKIP() << "skipped: on a GPU nobody counts";
  const Job job{.sizes = {784, 12, 11, 10}, .batch = 5};
  CpuDevice cpu;
  CudaDevice plain;
  using Starts = std::pair<unsigned long, unsigned long>;
  std::vector<Starts> expected;
  const auto starts_of_epoch = [&](Device& d, void (Trainer::*epoch)()) {
    Trainer trainer(d, job);
    (trainer.*epoch)();  // the first one records graphs
    const Starts before{cuda_on_cpu_launches, cuda_on_cpu_graphs};
    (trainer.*epoch)();
    expected.emplace_back(cuda_on_cpu_launches - before.first, cuda_on_cpu_graphs - before.second);
  };
  for (Device* d : {static_cast<Device*>(&cpu), static_cast<Device*>(&plain), static_cast<Device*>(device.get())}) starts_of_epoch(*d, &Trainer::plain_epoch);
  starts_of_epoch(*device, &Trainer::overlapped_epoch);
  starts_of_epoch(*device, &Trainer::whole_epoch);
  EXPECT_EQ(std::set(expected.begin(), expected.end()).size(), 5u) << "all of them differ";
  const OwnClock clock({0.5});
  EXPECT_TRUE(contains(written_by([&] { bench_training(*device, {}, job); }), "whole steps")) << "seen at once";
  ASSERT_EQ(started.size(), 5 * 2 * 3u);
  for (size_t i = 0; i < 5; ++i) {
    const auto &before = started[6 * i + 2], &after = started[6 * i + 3];
    EXPECT_EQ(Starts(after[0] - before[0], after[1] - before[1]), expected[i]) << i;
    const unsigned long waits = after[2] - before[2];
    EXPECT_TRUE(i == 0 || (i < 4 ? waits >= 8 : waits >= 1 && waits < 8)) << i << ": for the loss of each of eight batches, or for all of them, " << waits;
  }
}

// cuBLAS takes half a second, the steps a quarter; in bfloat16 cuBLAS takes one, and the step with operands in memory an eighth.
void expect_shares_of_cublas() {
  FastCudaDevice device;
  const Shape &s = small[0], five{"five", 3, 4, 5, false, false};
  std::vector<double> seconds; std::ostringstream text;
  const auto rate = [](const Shape& of, double time) { return 2e-9 * of.m * of.n * of.k / time; };
  const auto line = [&](const Shape& of, const std::string& product, double time, const std::string& share) {
    seconds.insert(seconds.end(), 3, time);  // a product is timed three times
    text << '"' << of.name << "\"," << of.m << ',' << of.n << ',' << of.k << ",\"" << product << "\"," << rate(of, time) << ',' << share << '\n';
  };
  text << "shape,m,n,k,product,gflops,of_cublas\n";
  line(s, "cuBLAS", 0.5, "1");
  for (const fast::Step& step : fast::matmul_steps()) line(s, step.name, 0.25, "2");
  line(s, "cuBLAS, bfloat16", 1, "1"), line(s, "16 stages, operands in memory", 0.125, "8");
  // Of a product with five terms cuBLAS makes none in bfloat16: that line has no share, and not the one of another product.
  line(five, "cuBLAS", 0.5, "1");
  for (const fast::Step& step : fast::matmul_steps()) line(five, step.name, 0.5, "1");
  line(five, "16 stages, operands in memory", 0.5, "");
  const std::string csv = testing::TempDir() + "shares_" + std::to_string(getpid()) + ".csv";
  {
    const OwnClock clock(seconds);
    report_products(device, {s, five}, csv);
  }
  EXPECT_EQ(text_of_file(csv), text.str());
  std::filesystem::remove(csv);
  const OwnClock clock({0.5});
  const Row row = time_cublas(device, {s, s});
  ASSERT_EQ(row.gflops.size(), 2u);
  EXPECT_DOUBLE_EQ(row.gflops[1], rate(s, 0.5));
  EXPECT_EQ(row.name, "cuBLAS");
  EXPECT_TRUE(row.full_precision);
  // The same in the benchmark's table, beside a peak of 1000 operations a second: 210 take a quarter of a second, or half of one.
  std::vector<double> of_table(3 * fast::matmul_steps().size(), 0.25);
  of_table.push_back(0.5);
  const OwnClock of_all(of_table);
  const std::string table = captured([&] { bench_products(device, {.name = "Some GPU", .is_gpu = true, .multiprocessors = 1, .gflops = 1e-6, .gbytes = 0}, {s}, ""); });
  EXPECT_TRUE(table.starts_with("\n" + named("products, GFLOP/s") + "     plain   of peak  of cuBLAS in float\n" + named("1 naive") + "       0.0     84.0 %    200.0 %\n")) << table;
  EXPECT_TRUE(contains(table, named("15 tensor cores, half") + "       0.0        -      200.0 % (fewer bits than cuBLAS here)\n")) << table;
  EXPECT_TRUE(table.ends_with("\n" + named("cuBLAS") + "       0.0     42.0 %\n")) << table;
}

// A library that calls itself cuBLAS and multiplies as that one does, columns first: so the calls can be tested where there is none.
// In a process of its own, which has not opened the true one.
TEST(Yardstick, CallsCublasWithItsOwnOrderOfNumbers) {
  const ProgramRun run = run_program(build_folder() + "/tests/03_fast_kernels_programs_test --gtest_also_run_disabled_tests --gtest_filter=*DISABLED_InItself");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "[  PASSED  ] 1 test."));
}

TEST(Yardstick, DISABLED_InItself) {
  void* const library = load_false_library(R"(
static int handle, asked;
void* stream_of_cublas = 0;
int cublasCreate_v2(void** made) { *made = &handle; return asked++ == 0; }
int cublasDestroy_v2(void* h) { handle += h == &handle; return 0; }
int destroyed_of_cublas(void) { return handle; }
int cublasSetStream_v2(void* h, void* stream) { stream_of_cublas = stream; return h != &handle; }
int cublasSgemm_v2(void* h, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                   const float* beta, float* c, int ldc) {
  if (h != &handle || m > 100) return 7;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int p = 0; p < k; p++) sum += (ta ? a[p + i * lda] : a[i + p * lda]) * (tb ? b[j + p * ldb] : b[p + j * ldb]);
      c[i + j * ldc] = *alpha * sum + (*beta == 0 ? 0 : *beta * c[i + j * ldc]);
    }
  return 0;
}
static float of_bf16(const unsigned short* from) {
  unsigned bits = (unsigned)*from << 16;
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}
int cublasGemmEx(void* h, int ta, int tb, int m, int n, int k, const float* alpha, const unsigned short* a, int kind_a, int lda,
                 const unsigned short* b, int kind_b, int ldb, const float* beta, float* c, int kind_c, int ldc, int compute, int algorithm) {
  if (h != &handle || m > 100 || k == 5 || kind_a != 14 || kind_b != 14 || kind_c != 0 || compute != 68 || algorithm != -1) return 7;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int p = 0; p < k; p++) sum += of_bf16(ta ? a + p + i * lda : a + i + p * lda) * of_bf16(tb ? b + j + p * ldb : b + p + j * ldb);
      c[i + j * ldc] = *alpha * sum + (*beta == 0 ? 0 : *beta * c[i + j * ldc]);
    }
  return 0;
}
)", "libcublas.so");
  ASSERT_TRUE(library);
  {
    const auto stream = reinterpret_cast<cudaStream_t>(&shown);
    EXPECT_FALSE(Cublas(stream).available()) << "it refuses the first";
    Cublas cublas(stream);
    ASSERT_TRUE(cublas.available());
    EXPECT_EQ(*static_cast<cudaStream_t*>(dlsym(library, "stream_of_cublas")), stream);
    CpuDevice cpu;
    for (const Shape& s : small) {
      const Operands o = filled(cpu, s), expected = filled(cpu, s);
      cpu.matmul(expected.c(), expected.a(), expected.b(), s.m, s.n, s.k, {});
      std::fill(o.c(), o.c() + s.m * s.n, NAN);
      EXPECT_TRUE(cublas.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k));
      for (int i = 0; i < s.m * s.n; ++i) EXPECT_NEAR(o.c()[i], expected.c()[i], 1e-6) << s.name << " " << i;
    }
    EXPECT_FALSE(cublas.matmul(nullptr, {}, {}, 1, 101, 0)) << "it refuses";
    // a (3, 2) · b (2, 4) by hand, in bfloat16: 1 is 0x3f80, 2 is 0x4000, 3 is 0x4040. Rows are padded to 32 numbers.
    std::vector<fast::Bf16> a(3 * 32, 0x7fff), b_transposed(4 * 32, 0x7fff);  // NaN, where nobody may read
    const fast::Bf16 numbers[] = {0, 0x3f80, 0x4000, 0x4040};
    for (size_t i = 0; i < 3; ++i) a[32 * i] = numbers[1], a[32 * i + 1] = numbers[i + 1];
    for (size_t j = 0; j < 4; ++j) b_transposed[32 * j] = numbers[j], b_transposed[32 * j + 1] = numbers[2];
    std::vector<float> c(12, NAN);
    EXPECT_TRUE(cublas.matmul_bf16(c.data(), a.data(), b_transposed.data(), 3, 4, 2));
    EXPECT_EQ(c, (std::vector<float>{2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9}));
    EXPECT_FALSE(cublas.matmul_bf16(c.data(), a.data(), b_transposed.data(), 1, 101, 2)) << "it refuses";
  }
  EXPECT_EQ(reinterpret_cast<int (*)()>(dlsym(library, "destroyed_of_cublas"))(), 1);
  if (!&cuda_on_cpu_blocks) return;  // on a GPU its products would not reach the numbers
  expect_shares_of_cublas();
}

// Products in every shape and each training, or one of the two; on a GPU a second training, which fills it.
TEST_F(BenchTest, MeasuresWhatIsAskedFor) {
  const OwnClock clock({0.5});
  const std::vector<Job> two = {{.sizes = {784, 1, 10}, .batch = 1}, {.sizes = {784, 2, 10}, .batch = 1}};
  for (const auto& [products, training] : {std::pair{false, false}, {true, false}, {false, true}}) {
    const std::string text = captured([&, products = products, training = training] {
      bench_all(*device, {}, {small[0]}, two, products, training, "");
    });
    EXPECT_EQ(text.find("products, GFLOP/s              plain\n") != std::string::npos, !training) << text;
    for (const char* network : {"784-1-10, batch 1, ", "784-2-10, batch 1, "}) EXPECT_EQ(text.find(network) != std::string::npos, !products) << text;
  }
  EXPECT_EQ(jobs(false).size(), 1u);
  ASSERT_EQ(jobs(true).size(), 2u);
  for (size_t i : {0u, 1u}) EXPECT_EQ(jobs(true)[i].sizes, (std::vector<int>{784, 512, 256, 10}));
  EXPECT_EQ(jobs(true)[0].batch, 128u);
  EXPECT_EQ(jobs(true)[1].batch, 8192u);
}

TEST(BenchProgram, HelpAndMistakes) {
  const std::string bench = build_folder() + "/chapters/03_fast_kernels/bench", help = run_program(bench + " --help").output;
  EXPECT_TRUE(help.starts_with("Times the matrix products of this chapter, and a training step.\n")) << help;
  EXPECT_EQ(options_told(help), "csv TEXT\nreport TEXT\nlimits TEXT\nproducts\ntraining\n");
  for (const std::string option : {"--csv", "--report", "--limits"})
    EXPECT_EQ(run_program(bench + " " + option + " /nonexistent/f.csv").output, "error: " + unwritable + "\n") << "before it begins";
  EXPECT_EQ(run_program(bench + " --nonsense").output, "error: unknown option --nonsense (--help lists the options)\n");
}

}  // namespace
