// Wavefronts and sectors of the products, as the checker counts them (common/cuda_on_cpu/check/request.h), against numbers that are
// found by hand. Only the program that `make check` builds counts: the other one skips.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "tests/program.h"

namespace {

constexpr int m = 128, n = 128, k = 32;

struct Count {
  double requests = 0, units = 0, least = 0;
};
using Counts = std::map<std::string, Count>;  // by "KERNEL ACCESS"

// All steps once, in a process of its own: the table is written when it ends.
const Counts& counts(const std::string& product) {
  static std::map<std::string, Counts> known;
  if (known.contains(product)) return known[product];
  const std::string csv = testing::TempDir() + "traffic_" + product + "_" + std::to_string(getpid()) + ".csv";
  const std::string me = std::filesystem::read_symlink("/proc/self/exe");
  const ProgramRun run =
      run_program("CUDA_ON_CPU_TRAFFIC=" + csv + " " + me + " --gtest_also_run_disabled_tests --gtest_filter=Steps.DISABLED_" + product);
  EXPECT_EQ(run.status, 0) << run.output;
  Counts& all = known[product];
  std::ifstream file(csv);
  std::string line, field;
  std::getline(file, line);
  EXPECT_EQ(line, "kernel,line,access,unit,requests,units,least");
  while (std::getline(file, line)) {
    const size_t quote = line.find('"', 1);
    std::istringstream rest(line.substr(quote + 2));
    std::vector<std::string> fields;
    while (std::getline(rest, field, ',')) fields.push_back(field);
    Count& sum = all[line.substr(1, quote - 1) + " " + fields.at(1)];
    sum.requests += std::stod(fields.at(3)), sum.units += std::stod(fields.at(4)), sum.least += std::stod(fields.at(5));
  }
  std::filesystem::remove(csv);
  return all;
}

void all_steps(bool a_transposed, bool b_transposed) {
  FastCudaDevice device;
  const Buffer<> a(device, m * k, Purpose::workspace), b(device, k * n, Purpose::workspace), c(device, m * n, Purpose::workspace);
  device.fill(a, 1, m * k);
  device.fill(b, 1, k * n);
  for (const fast::Step& step : fast::matmul_steps()) {
    device.set_matmul(step.matmul);
    device.matmul(c, a_transposed ? row_major(a, m).transposed() : row_major(a, k),
                  b_transposed ? row_major(b, k).transposed() : row_major(b, n), m, n, k, {});
    float first = 0;
    device.copy_out(&first, c.data(), 1);
    EXPECT_EQ(first, k) << step.name;
  }
}
TEST(Steps, DISABLED_plain) { all_steps(false, false); }
TEST(Steps, DISABLED_left) { all_steps(true, false); }
TEST(Steps, DISABLED_right) { all_steps(false, true); }

// In each shape of block.
TEST(Steps, DISABLED_masked) {
  FastCudaDevice device;
  const Buffer<> dy(device, m * k, Purpose::workspace), w(device, n * k, Purpose::workspace), x(device, m * n, Purpose::workspace),
      dx(device, m * n, Purpose::workspace);
  for (const Buffer<>* operand : {&dy, &w, &x}) device.fill(*operand, 1, operand->size());
  for (const int edge : {128, 64, 32}) {
    fast::matmul_masked(dx, row_major(dy, k), row_major(w, k).transposed(), x, m, n, k, device.stream(), edge);
    float first = 0;
    device.copy_out(&first, dx.data(), 1);
    EXPECT_EQ(first, k) << edge;
  }
}

// Rows that begin where a sector begins: 40 numbers are 5 sectors, 320 are 40.
constexpr int softmax_rows = 7;
TEST(Steps, DISABLED_softmax) {
  FastCudaDevice device;
  for (const int classes : {40, 320}) {
    const size_t n = size_t(softmax_rows * classes);
    const Buffer<> z(device, n, Purpose::workspace), loss(device, softmax_rows, Purpose::workspace);
    const Buffer<int> labels(device, softmax_rows, Purpose::workspace);
    const std::vector<int> last(softmax_rows, classes - 1);
    device.fill(z, 1, n);
    device.copy_in(labels.data(), last.data(), last.size());
    device.softmax_cross_entropy(loss, z, z, labels, 1, softmax_rows, classes);
    float first = 0;
    device.copy_out(&first, loss.data(), 1);
    EXPECT_NEAR(first, std::log(classes), 1e-5);
  }
}

// Vectors of 2048 numbers are 256 sectors; 128 rows of 16 columns are as many.
TEST(Steps, DISABLED_vectors) {
  constexpr size_t numbers = 2048;
  FastCudaDevice device;
  const Buffer<> w(device, numbers, Purpose::workspace), first(device, numbers, Purpose::workspace), second(device, numbers, Purpose::workspace),
      g(device, numbers, Purpose::workspace), sums(device, 16, Purpose::workspace);
  for (const Buffer<>* operand : {&w, &first, &second, &g}) device.fill(*operand, 1, numbers);
  device.linear_backward_bias(sums, g, Write::overwrite, 128, 16);
  device.momentum(w, first, g, 1, 1, numbers);
  device.adam(w, first, second, g, 1, 0.5f, 0.5f, 1, 1, numbers);
  float last = 0;
  device.copy_out(&last, sums.data() + 15, 1);
  EXPECT_EQ(last, 128);
}

// This is build/check/tests/NAME, not build/tests/NAME.
bool counting() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().filename() == "check"; }

TEST(Traffic, OfTheStepsIsWhatAHandFinds) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  for (const std::string product : {"plain", "left", "right"}) {
    const Counts& all = counts(product);
    const auto of = [&](const std::string& what) { return all.contains(what) ? all.at(what) : Count{}; };
    // Reads of shared memory, by a warp in a step along k. A load of a float is one part of 32 lanes, of a float4 four of 8 lanes.
    const auto shared = [&](const std::string& kernel, int warps) { return of(kernel + " read shared").units / warps / k; };
    EXPECT_EQ(shared("matmul_shared_tile_kernel", m * n / 32), 1 + 1) << product;
    EXPECT_EQ(shared("matmul_register_tile_kernel", 8), 8 * 1 + 8 * 2) << product;  // columns of b 8 words apart: 2 in a bank
    EXPECT_EQ(shared("matmul_panels_kernel", 8), 8 * 1 + 8 * 2) << product;
    EXPECT_EQ(shared("matmul_wide_loads_kernel", 8), 2 * 4 + 2 * 8) << product;
    EXPECT_EQ(shared("matmul_double_buffer_kernel", 8), 2 * 4 + 2 * 8) << product;
    for (const char* kernel : {"warp_tile", "large_block", "unrolled", "inner_panels", "wide_stores", "block_order"}) {
      const std::string name = std::string("matmul_") + kernel + "_kernel";
      EXPECT_EQ(shared(name, 8), 2 * 4 + 2 * 4) << name << ", " << product;
      EXPECT_EQ(of(name + " read shared").units, of(name + " read shared").least);
    }
    // Twice 4 blocks of 8 warps with two float4 in a step (three_shapes takes them, too), 16 of 8 warps with two float2 of two parts each.
    EXPECT_EQ(of("matmul_shape_kernel<Tile> read shared").units, k * (2 * 4 * 8 * (4 + 4) + 16 * 8 * (2 + 2))) << product;

    // The result: 16,384 numbers are 2048 sectors. Eight rows of four numbers that lie 4 apart are 16 sectors a request.
    EXPECT_EQ(of("matmul_naive_kernel write global").units, m * n) << "a sector for each number";
    for (const char* kernel : {"warp_tile", "large_block", "unrolled", "inner_panels"})
      EXPECT_EQ(of(std::string("matmul_") + kernel + "_kernel write global").units, m * n / 32 * 16) << kernel;
    for (const char* kernel : {"wide_stores", "block_order"}) {
      const Count c = of(std::string("matmul_") + kernel + "_kernel write global");
      EXPECT_EQ(c.units, m * n * 4 / 32) << kernel;
      EXPECT_EQ(c.requests, m * n / 32 / 4) << kernel;
    }
    // A panel that is transposed on its way: 4 places along k, 4 rows of the panel apart, lie in two banks.
    for (const char* kernel : {"double_buffer_kernel", "block_order_kernel", "shape_kernel<Tile>"}) {
      const Count c = of(std::string("matmul_") + kernel + " write shared");
      EXPECT_GT(c.requests, 0);
      EXPECT_LE(c.units, 2 * c.least) << kernel << ", " << product;
    }
    // Panels are read as they lie: every byte of every sector is used. (Before step 11 the compiler of the check build may take a float4
    // apart, into four requests.)
    for (const char* kernel : {"inner_panels", "wide_stores", "block_order"}) {
      const Count c = of(std::string("matmul_") + kernel + "_kernel read global");
      EXPECT_EQ(c.units, c.least) << kernel << ", " << product;
      EXPECT_EQ(c.units, (m + n) * k * 4 / 32) << kernel;
    }
  }
  // Chapter 02 and its opposite: a number of a for 32 rows and one of b for all; one of a for all and 32 columns of b.
  const Counts& plain = counts("plain");
  EXPECT_EQ(plain.at("matmul_naive_kernel read global").units, m * n / 32 * k * (32 + 1));
  EXPECT_EQ(plain.at("matmul_kernel read global").units, m * n / 32 * k * (1 + 4));
}

// Step 16, by hand: one block, one panel. A panel has 512 pieces of 16 bytes: 16 requests of 32 lanes, each in four parts of one
// wavefront; a request reads 8 rows of 64 bytes, 16 sectors. A warp reads 2 x 6 times four matrices, a wavefront each: eight rows of
// 16 bytes are all banks once. It writes 64 x 32 elements in 32 requests of 8 rows and 8 columns, a sector a row.
TEST(Traffic, OfStagesHasNoConflict) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  for (const std::string product : {"plain", "left", "right"}) {
    const Counts& all = counts(product);
    const auto expect = [&](const std::string& access, double requests, double units) {
      const Count& c = all.at("matmul_stages_kernel " + access);
      EXPECT_EQ(c.requests, requests) << access << ", " << product;
      EXPECT_EQ(c.units, units) << access << ", " << product;
      EXPECT_EQ(c.least, units) << access << ", " << product;
    };
    expect("write shared", 2 * 16, 2 * 16 * 4);
    expect("read global", 2 * 16, 2 * 16 * 16);
    expect("read shared", 8 * 2 * 6 * 4, 8 * 2 * 6 * 4);
    expect("write global", 8 * 32, 8 * 32 * 8);
    const Count& rounding = all.at("round_to_bf16_kernel read shared");
    EXPECT_EQ(rounding.units, rounding.least) << product;
    EXPECT_EQ(all.at("round_to_bf16_kernel write shared").units, rounding.least) << product;
  }
}

// As its product, by hand as above: 1 block of 128 x 128, 4 of 64 x 64, 16 of 32 x 32. Each number of the mask is read once and each of
// the result written once, by float4 or float2; relu_backward alone would read two of them and write one.
TEST(Traffic, OfAMaskedProductIsThatOfItsProductAndTheMaskOnce) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  const auto of = [&](const std::string& access) { return counts("masked").at("matmul_masked_kernel<Tile, blocks> " + access); };
  EXPECT_EQ(of("read shared").units, k * (8 * (8 + 8) + 4 * 8 * (4 + 4) + 16 * 8 * (2 + 2)));
  EXPECT_EQ(of("read shared").least, of("read shared").units);
  const int sectors = m * n * 4 / 32;
  EXPECT_EQ(of("read global").units, k * 4 / 32 * (1 * 256 + 4 * 128 + 16 * 64) + 3 * sectors);
  EXPECT_EQ(of("read global").least, of("read global").units);
  EXPECT_EQ(of("write global").units, 3 * sectors);
  EXPECT_EQ(of("write global").requests, m * n / 32 / 4 + m * n / 32 / 4 + m * n / 32 / 2);
}

// A row that registers hold is read once, a longer one three times and its label's number once more; the label of each row is read, too.
// (Both kernels are launched by a pointer that is called `kernel`.)
TEST(Traffic, OfSoftmaxIsARowOnce) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  EXPECT_EQ(counts("softmax").at("kernel read global").units, softmax_rows * ((5 + 1) + (3 * 40 + 1 + 1)));
}

// In one pass: momentum reads w, v and g and writes two of them; Adam reads four and writes three; a sum of columns reads each sector once, since
// eight neighbours of a row are one.
TEST(Traffic, OfVectorsIsEachOfThemOnce) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  const auto sectors = [](const std::string& what) { return counts("vectors").at(what + " global").units; };
  EXPECT_EQ(sectors("momentum_kernel read"), 3 * 256);
  EXPECT_EQ(sectors("momentum_kernel write"), 2 * 256);
  EXPECT_EQ(sectors("adam_kernel read"), 4 * 256);
  EXPECT_EQ(sectors("adam_kernel write"), 3 * 256);
  EXPECT_EQ(sectors("column_sums_kernel read"), 256);
  EXPECT_EQ(sectors("column_sums_kernel write"), 2);
}

// What is padded for it: the fragments' tiles are written with at most four numbers to a bank.
TEST(Traffic, OfTensorCoresTilesIsSpreadOverTheBanks) {
  if (!counting()) GTEST_SKIP() << "skipped: the program that make check builds counts";
  for (const std::string product : {"plain", "left", "right"}) {
    const Count c = counts(product).at("matmul_tensor_kernel<Kind> write shared");
    EXPECT_GT(c.requests, 0);
    EXPECT_LE(c.units, 4 * c.least) << product;
  }
}

}  // namespace
