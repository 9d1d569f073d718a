// What chapter 09's benchmark tells of its wide layers, and all that it prints from first to last, with clocks that are known beforehand.
// ranks: 2 3
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>
#include <sstream>

#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/09_tensor_parallel/contenders.h"
#include "chapters/09_tensor_parallel/crossover.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"
#include "common/writable.h"
#include "tests/known_share.h"
#include "tests/mpi_expect.h"

#define main main_of_program
namespace bench_program {
#include "chapters/09_tensor_parallel/bench.cpp"
}
#undef main
// On a node with as many ranks as a test says, and where messages cost a nanosecond a byte and nothing else.
namespace on_a_node {
struct NodeSession {
  int ranks_on_node;
  int rank() const { return rank_of(MPI_COMM_WORLD); }
  int size() const { return ranks_of(MPI_COMM_WORLD); }
  int node_size() const { return ranks_on_node; }
  operator MpiSession&() const { return *session_of_test; }
};
const Curve nanoseconds = {{1e12, 0, 1e-9}};
struct CalibrationOfTest {
  explicit CalibrationOfTest(MPI_Comm) {}
  void round() {}
  Machine fit() const { return {nanoseconds, nanoseconds, nanoseconds}; }
};
int run_with_mpi(int, char**, int (*)(NodeSession&, int, char**)) { return 0; }
#define MpiSession NodeSession
#define Calibration CalibrationOfTest
#include "chapters/09_tensor_parallel/bench.cpp"
#undef MpiSession
#undef Calibration
}

namespace {

using namespace bench_program;

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

double sorted_at(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[size_t(share * double(values.size() - 1))];
}

// What is summed is written anew each time: else it would be so many times as large after each sum as there are ranks, and soon no number.
struct ShownInput : TensorContender {
  using TensorContender::TensorContender;
  std::vector<float> summed(size_t n) { return {mlp_.input(), mlp_.input() + n}; }
};

TEST(Bench, SumsTheSameNumbersInEachExchange) {
  const Dataset data = random_dataset(24, 8);
  ShownInput tensor(data, rank(), ranks());
  tensor.exchange(8);
  const std::vector<float> once = tensor.summed(8 * 24);
  tensor.exchange(8);
  EXPECT_ON_ALL_RANKS(tensor.summed(8 * 24) == once && once == std::vector<float>(8 * 24, once[0]) && once[0] > 0) << once[0];
}

// The wide layers, with the same clocks twice: each way to train has its own times, and a speedup is of one round.
TEST(Bench, TellsTheSpeedupsOfWideLayers) {
  Choices c;
  c.wide = 24, c.wide_batch = 8, c.rounds = 3, c.only_if_quiet = true;
  for (const double busy : {1000.0, 1.0}) {
    int status = -1;
    const std::string printed = printed_by([&] {
      const ClocksOfTest known(rank(), 0x1p-20, busy);
      status = bench_wide(c, *session_of_test);
    });
    Cell cell{.width = 24, .rows = 8};
    std::vector<double> limits;
    {
      const ClocksOfTest known(rank(), 0x1p-20, busy);
      Contenders contenders(24, 8, *session_of_test);
      SerialContender alone(contenders.dataset);
      for (int round = 0; round < 3; ++round) {
        take_turns(cell, contenders);
        limits.push_back(ranks() * cell.serial.back() / slowest(time_steps(cell, [&] { alone.step(8); })));
      }
    }
    const bool enough = session_of_test->node_size() <= usable_cores();
    EXPECT_ON_ALL_RANKS(status == (enough && busy > 1 ? 0 : 77)) << status;
    if (rank() != 0) {
      EXPECT_EQ(printed, "");
      continue;
    }
    std::string expected = line("layers of width 24, batch 8, %d ranks; a speedup is of one round, its median over 3 rounds:%s\n", ranks(),
                                !enough ? "  MORE RANKS THAN CORES" : busy > 1 ? "" : "  DISTURBED");
    expected += line("limit: %d serial programs at once make %.2f times the steps of one (quartiles %.2f to %.2f)\n", ranks(),
                     sorted_at(limits, 0.5), sorted_at(limits, 0.25), sorted_at(limits, 0.75));
    for (const auto& [name, times] : {std::pair{"serial", &cell.serial}, {"data parallel", &cell.data}, {"tensor parallel", &cell.tensor}}) {
      std::vector<double> speedups, shares;
      for (size_t round = 0; round < 3; ++round) {
        speedups.push_back(cell.serial[round] / (*times)[round]);
        shares.push_back(speedups.back() / limits[round]);
      }
      expected += line("%-18s %7.1f ms a step, speedup %.2f (quartiles %.2f to %.2f), %.0f %% of the limit\n", name, 1000 * sorted_at(*times, 0.5),
                       sorted_at(speedups, 0.5), sorted_at(speedups, 0.25), sorted_at(speedups, 0.75), 100 * sorted_at(shares, 0.5));
    }
    EXPECT_EQ(printed, expected);
  }
}

// The machine, the wide layers, a line for each cell with the numbers of the file, and a crossover for each width. Nobody else had the cores.
TEST(Bench, PrintsAllThatItHasMeasured) {
  const std::string csv = scratch_file("09_all.csv");
  Arguments arguments({"--widths", "24,40", "--batches", "8,16,64", "--wide", "32", "--wide-batch", "8", "--rounds", "1", "--csv", csv});
  on_a_node::NodeSession session{1};
  int status = -1;
  const std::string printed = printed_by([&] {
    const ClocksOfTest known(rank(), 0x1p-20, 1e6);
    status = on_a_node::bench(session, arguments.count(), arguments.values());
  });
  EXPECT_ON_ALL_RANKS(status == 0);
  if (rank() != 0) {
    EXPECT_EQ(printed, "");
    return;
  }
  EXPECT_TRUE(printed.starts_with(machine_name() + "\nlayers of width 32, batch 8, ")) << printed;
  std::istringstream file(text_of_file(csv)), lines(printed);
  std::remove(csv.c_str());
  std::string text, row;
  while (std::getline(lines, text) && !text.starts_with("width  rows ")) {}
  int cells = 0;
  while (std::getline(file, row)) {
    if (!std::isdigit(static_cast<unsigned char>(row[0]))) continue;
    ++cells;
    std::replace(row.begin(), row.end(), ',', ' ');
    std::istringstream of_file(row);
    std::vector<double> l, found;
    for (double number; of_file >> number;) l.push_back(number);
    ASSERT_EQ(l.size(), 14u);
    std::getline(lines, text);
    std::istringstream of_line(text);
    for (double number; of_line >> number;) found.push_back(number);
    const double expected[] = {l[0], l[1], 1e6 * l[10], 1e6 * l[6], 1e3 * l[8], 1e3 * l[4], 1e6 * l[11], 1e6 * l[7], 1e3 * l[9], 1e3 * l[5], l[5] / l[4]};
    const double digits[] = {0, 0, 1, 1, 0.01, 0.01, 1, 1, 0.01, 0.01, 0.01};
    ASSERT_EQ(found.size(), std::size(expected)) << text;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], digits[i] + 1e-5 * expected[i]) << text << ": " << i;
  }
  EXPECT_EQ(cells, 6);
  std::getline(lines, text);
  EXPECT_EQ(text, "");
  for (const int width : {24, 40}) {
    const CrossoverModel model{network(width), ranks(), {on_a_node::nanoseconds, on_a_node::nanoseconds, on_a_node::nanoseconds}};
    int rows = 0;
    while (model.tensor_exchange(rows + 1) < model.data_exchange()) ++rows;
    const std::string predicted = rows < 8 ? "below 8" : rows > 64 ? "above 64" : std::to_string(rows);
    std::getline(lines, text);
    EXPECT_TRUE(text.starts_with(line("crossover, width %d: the exchange costs the same at ", width)) && contains(text, " rows (predicted " + predicted + "), the step at ")) << text;
  }
  EXPECT_FALSE(std::getline(lines, text)) << text;
}

// Too few cores for all ranks are enough, if those of a node have one each; and the other way round.
TEST(Bench, NeedsACoreForEachRankOfItsNode) {
  const ClocksOfTest known(rank(), 0x1p-20, 1e6);
  for (const bool enough : {false, true}) {
    on_a_node::NodeSession session{enough ? 1 : usable_cores() + 1};
    on_a_node::Choices c;
    c.widths = {24}, c.batches = {8, 16}, c.wide = 24, c.wide_batch = 8, c.rounds = 1, c.only_if_quiet = true;
    for (const auto part : {on_a_node::bench_wide, on_a_node::bench_crossover}) {
      int status = -1;
      const std::string printed = printed_by([&] { status = part(c, session); });
      EXPECT_ON_ALL_RANKS(status == (enough ? 0 : 77)) << status;
      EXPECT_EQ(contains(printed, "  MORE RANKS THAN CORES\n"), rank() == 0 && !enough) << printed;
    }
  }
}

}  // namespace
