// What chapter 09's benchmark tells of its wide layers, with clocks that are known beforehand.
// ranks: 2 3
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>

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

}  // namespace
