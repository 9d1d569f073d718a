// Sums over GPUs as libraries make them, by formula; and the table of published times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "chapters/13_scaling/many_rings.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// Nothing but bytes costs time.
Cluster bare(int gpus, double links, double card) {
  Cluster c;
  c.ranks_per_node = c.cards_per_node = gpus;
  c.inside = {.bytes_per_second = links};
  c.between = {.bytes_per_second = card};
  c.bytes_per_second = 1e300;
  return c;
}

ProgramRun published(const std::string& options = "") { return run_program(build_folder() + "/chapters/13_scaling/published " + options); }

}  // namespace

// A block goes over links or over a card in each of 2 (p - 1) steps. The rings of a node share a GPU's links: all but one of them stay inside.
TEST(ManyRings, TakeTheTimeOfTheirSlowestLink) {
  for (const int of_node : {2, 3, 4})
    for (const int nodes : {1, 2, 3})
      for (const double links : {40.0, 1000.0}) {
        const Cluster c = bare(of_node, links, 20);
        const int p = of_node * nodes;
        const double bytes = 864'000;
        const auto expect = [&](int rings, double rate) {
          EXPECT_NEAR(seconds_of_rings(c, p, rings, bytes), 2 * (p - 1) * bytes / rings / p / rate, 1e-6) << rings << " of " << p;
        };
        expect(1, nodes == 1 ? links : 20.0);
        expect(of_node, nodes == 1 ? links / of_node : std::min(20.0, links / (of_node - 1)));
      }
}

// What is added is read twice and written once: in all but one of the p steps of a ring's first half.
TEST(ManyRings, Add) {
  Cluster c = bare(3, 40, 20);
  c.bytes_per_second = 100;
  EXPECT_NEAR(seconds_of_rings(c, 6, 1, 720'000), 10 * 120'000 / 20.0 + 5 * 3 * 120'000 / 100.0, 1e-6);
  c.inside.bytes_per_second = c.between.bytes_per_second = 1e300;
  for (const int rings : {1, 3}) EXPECT_NEAR(seconds_of_rings(c, 6, rings, 720'000), 5 * 3 * 120'000 / 100.0, 1e-6) << rings;  // each adds its part
  EXPECT_NEAR(seconds_of_two_levels(c, 720'000, 5), 5 * (2 + 1) * 3 * 48'000 / 100.0, 1e-6);
}

// Pieces on their way in three steps: a GPU's links have those of the first and of the last step, its card those between.
TEST(TwoLevels, GoOnAtTheSameTime) {
  for (const int of_node : {2, 3, 4})
    for (const int pieces : {1, 2, 5})
      for (const double card : {1.0, 20.0, 1000.0}) {
        const double block = 720'000.0 / pieces / of_node;
        double seconds = 0;
        for (int step = 0; step < pieces + 2; ++step) {
          const int in_links = (step < pieces) + (step >= 2);
          const bool in_card = step >= 1 && step <= pieces;
          seconds += std::max(in_links * (of_node - 1) * block / 40, in_card ? block / card : 0);
        }
        EXPECT_NEAR(seconds_of_two_levels(bare(of_node, 40, card), 720'000, pieces), seconds, 1e-3) << of_node << " " << pieces << " " << card;
      }
}

// Each row: what the functions say of the machine that its line names, what was reported, and the ratios.
TEST(Published, PrintsWhatIsSimulated) {
  const ProgramRun table = published("--pieces 16");
  ASSERT_EQ(table.status, 0) << table.output;
  std::istringstream lines(table.output);
  // MiB and what was reported of them.
  const double reported[][2] = {{1024, 8142.6}, {512, 10052}, {1024, 20079}, {2048, 39871}, {4096, 77194}, {8192, 158070},
                                {1, 123.2}, {16, 298.1}, {128, 870.3}, {1024, 4607.6}, {16384, 66132}};
  int gpus = 0, rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (contains(line, "8 A100")) gpus = 8;
    if (contains(line, "4 H100")) gpus = 4;
    if (contains(line, "8 H100")) gpus = 16;
    std::istringstream words(line);
    std::vector<double> numbers{std::istream_iterator<double>(words), {}};
    if (numbers.size() < 4) continue;
    ++rows;
    Cluster c = load_cluster("gpu_pods");
    c.ranks_per_node = c.cards_per_node = gpus == 4 ? 4 : 8;
    c.inside.bytes_per_second = gpus == 8 ? 300e9 : 450e9;
    c.between.bytes_per_second = gpus == 16 ? 50e9 : 25e9;
    c.bytes_per_second = gpus == 8 ? 2039e9 : 3350e9;
    const double bytes = 1048576 * numbers[0];
    std::vector<double> expected = {seconds_of_rings(c, gpus == 16 ? 16 : 8, 1, bytes)};
    if (gpus != 8) expected.push_back(seconds_of_rings(c, gpus == 16 ? 16 : 8, gpus == 16 ? 8 : 4, bytes));
    if (gpus == 16) expected.push_back(seconds_of_two_levels(c, bytes, 16));
    const size_t n = expected.size();
    ASSERT_EQ(numbers.size(), 2 + 2 * n) << line;
    ASSERT_LE(rows, 11) << line;
    EXPECT_TRUE(numbers[0] == reported[rows - 1][0] && numbers[1 + n] == reported[rows - 1][1]) << line;
    for (size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(numbers[1 + i], 1e6 * expected[i], 0.501) << line;
      EXPECT_NEAR(numbers[2 + n + i], 1e6 * expected[i] / numbers[1 + n], 0.00501) << line;
    }
  }
  EXPECT_EQ(rows, 11);
  for (const char* title : {"one node, 8 A100, links of 300 GB/s (nccl issue 527); us\n      MiB        ring    reported  ratio\n     1024 ",
                            "\n\ntwo nodes, each 4 H100 and 4 cards of 25 GB/s (nccl-tests issue 252); us\n      MiB    one ring     4 rings    reported           ratios\n      512 ",
                            "\n\ntwo nodes, each 8 H100 and cards of 400 GB/s together (AWS p5); us\n      MiB    one ring     8 rings  two levels    reported                     ratios\n        1 "})
    EXPECT_TRUE(contains(table.output, title)) << title << table.output;
  EXPECT_EQ(options_told(published("--help").output), "pieces N (1 to 4096) [64]\n");
}

// A ring of p sends 2 (p - 1) messages, 2 (p - 1) / p of the bytes, over each link, and reads and writes 3 (p - 1) / p in memory to add. Each row: what
// one GPU computes, the sum, efficiencies by hand, and what was reported.
TEST(PublishedSteps, AreWhatOneGpuComputesAndTheSums) {
  const double alpha = load_cluster("gpu_pods").between.alpha(true);
  const auto ring = [&](double bytes, int p, double link, double memory) { return 1e3 * (p - 1) * (2 * alpha + bytes / p * (2 / link + 3 / memory)); };
  const ProgramRun table = run_program(build_folder() + "/chapters/13_scaling/published_steps");
  ASSERT_EQ(table.status, 0) << table.output;
  const double transformers[][5] = {{1.2, 1, 1536, 40, 100}, {2.5, 2, 1920, 54, 95}, {4.2, 4, 2304, 64, 82}, {8.3, 8, 3072, 72, 77}};
  const struct {
    const char* network;
    double millions, images, nodes, reported;
  } copies[] = {{"Inception V3", 23.8, 142, 128, 90}, {"ResNet-101", 44.5, 103.6, 128, 90}, {"VGG-16", 138.4, 154, 32, 79}, {"VGG-16", 138.4, 154, 128, 68}};
  size_t rows = 0;
  std::istringstream lines(table.output);
  for (std::string line; std::getline(lines, line);) {
    double a = 0, b = 0, computes = 0, sum = 0, one = 0, two = 0, three = 0;
    if (std::sscanf(line.c_str(), "%lf %lf %lf %lf %lf %% %lf %% %lf", &a, &b, &computes, &sum, &one, &two, &three) == 7 && rows < 4) {
      const auto& [billions, gpus, hidden, layers, reported] = transformers[rows++];
      EXPECT_TRUE(a == billions && b == gpus && two == reported) << line;
      EXPECT_NEAR(computes, 1288 * billions / 1.2 / gpus, 0.51) << line;
      const double expected = 6 * layers * ring(2 * 8 * 1024 * hidden, int(gpus), 150e9, 900e9);
      EXPECT_NEAR(sum, expected, 0.003 * expected + 0.51) << line;
      EXPECT_NEAR(one, 100 * computes / (computes + sum), 0.1) << line;
      EXPECT_NEAR(three, one / reported, 0.006) << line;
    } else if (line.size() > 20 && std::sscanf(line.c_str() + 13, "%lf %lf %lf %lf %% %lf %% %lf", &b, &computes, &sum, &one, &two, &three) == 6) {
      ASSERT_LT(rows - 4, std::size(copies)) << line;
      const auto& c = copies[rows++ - 4];
      EXPECT_TRUE(line.starts_with(c.network) && b == 4 * c.nodes && three == c.reported) << line;
      EXPECT_NEAR(computes, 64e3 / c.images, 0.51) << line;
      const double expected = ring(4e6 * c.millions, int(c.nodes), 25e9 / 8, 732e9);
      EXPECT_NEAR(sum, expected, 0.003 * expected + 0.51) << line;
      EXPECT_NEAR(one, 100 * computes / (computes + sum), 0.6) << line;
      EXPECT_NEAR(two, 100 * computes / (computes + std::max(0.0, sum - 2 * computes / 3)), 0.6) << line;
      EXPECT_TRUE(one <= three && three <= two) << line;
    }
  }
  EXPECT_EQ(rows, 8u);
  EXPECT_TRUE(table.output.starts_with("layers on several V100 of a node, links of 150 GB/s (Megatron-LM); ms\n  billions  GPUs    computes     sums   efficiency   reported    ratio\n"));
  EXPECT_TRUE(contains(table.output, "\n\nnodes of 4 Pascal GPUs with one card of 25 Gbit/s, a ring (Horovod); ms\nnetwork        GPUs    computes      sum   sum after    sum in   reported\n" +
                                     std::string(44, ' ') + "backward  backward\nInception V3 "));
}
