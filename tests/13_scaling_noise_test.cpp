// Noise and stragglers on simulated ranks: distributions, with a seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "chapters/13_scaling/step_time.h"
#include "tests/13_simulated_ranks.h"

using namespace simulated_ranks;

namespace {

// ln of what each rank needs for each of `times` computations of 1 s.
std::vector<std::vector<double>> logarithms(const Cluster& c, int ranks, int times) {
  std::vector<std::vector<double>> all(static_cast<size_t>(ranks));
  simulate(c, ranks, [&] {
    for (int i = 0; i < times; ++i) {
      const double before = virtual_time();
      compute(1);
      all[size_t(rank())].push_back(std::log(virtual_time() - before));
    }
  });
  return all;
}

// Mean 0 and this spread: within four of their standard errors.
void expect_normal(const std::vector<double>& all, double spread) {
  ASSERT_GE(all.size(), 400u);
  const double n = double(all.size());
  double mean = 0, squares = 0, within = 0;
  for (double x : all) mean += x / n;
  for (double x : all) squares += (x - mean) * (x - mean) / n, within += std::abs(x) < spread;
  EXPECT_NEAR(mean, 0, 4 * spread / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares), spread, 4 * spread / std::sqrt(2 * n));
  EXPECT_NEAR(within / n, 0.683, 4 * std::sqrt(0.683 * 0.317 / n));  // within one spread: so for a normal distribution, not for another one
}

}  // namespace

TEST(Noise, IsNormalAndOfEachTimeItsOwn) {
  Cluster c = flat();
  c.noise = 0.25;
  const auto all = logarithms(c, 3, 1500);
  for (const auto& of_rank : all) expect_normal(of_rank, 0.25);
  EXPECT_NE(all[0][0], all[1][0]);  // at the same moment
  EXPECT_EQ(all, logarithms(c, 3, 1500));
  c.seed = 2;
  const auto other = logarithms(c, 3, 1500);
  for (size_t r = 0; r < 3; ++r) {
    EXPECT_NE(all[r][0], other[r][0]);
    double together = 0;  // of independent numbers: 0, with a standard error of spread² / √n
    for (size_t i = 0; i < 1500; ++i) together += all[r][i] * other[r][i] / 1500;
    EXPECT_NEAR(together, 0, 4 * 0.25 * 0.25 / std::sqrt(1500));
  }
}

TEST(Noise, OfARankStays) {
  Cluster c = flat();
  c.rank_spread = 0.125;
  std::vector<double> of_ranks;
  for (const auto& of_rank : logarithms(c, 500, 3)) {
    of_ranks.push_back(of_rank[0]);
    for (double x : of_rank) EXPECT_NEAR(x, of_rank[0], 1e-12);
  }
  expect_normal(of_ranks, 0.125);
  EXPECT_EQ(logarithms(flat(), 3, 2), (std::vector<std::vector<double>>(3, {0, 0})));  // without any
}

// A rank that is slow is noisy, too: at the first moment both are what they are alone.
TEST(Noise, AndSpreadAreMultiplied) {
  Cluster noise = flat(), spread = flat(), both = flat();
  noise.noise = both.noise = 0.25;
  spread.rank_spread = both.rank_spread = 0.125;
  const auto a = logarithms(noise, 5, 1), b = logarithms(spread, 5, 1), together = logarithms(both, 5, 1);
  for (size_t r = 0; r < 5; ++r) {
    EXPECT_NEAR(together[r][0], a[r][0] + b[r][0], 1e-12);
    EXPECT_TRUE(a[r][0] != 0 && b[r][0] != 0);
  }
}

// At whole seconds, where the low half of a moment's bits is zero; and with seeds that only a number of 64 bits tells apart.
TEST(Noise, DependsOnEveryBitOfMomentAndSeed) {
  Cluster c = flat();
  c.noise = 0.25;
  std::set<double> all;
  for (const double seed : {1.0, 1.0 + 0x1p32, 1.0 + 0x1p40}) {
    c.seed = seed;
    simulate(c, 1, [&] {
      for (int second = 0; second < 8; ++second) {
        wait_until(8 * second);
        EXPECT_EQ(virtual_time(), 8 * second);
        compute(1);
        all.insert(virtual_time() - 8 * second);
      }
    });
  }
  EXPECT_EQ(all.size(), 3u * 8);
}

// All wait for the slowest: of 5 and of 64 ranks that compute and then meet.
TEST(Noise, EverybodyWaitsForTheSlowest) {
  for (const int ranks : {5, 64}) {
    Cluster c = flat();
    c.between = {.bytes_per_second = 1};
    c.rank_spread = 0.125;
    double slowest = 0;
    for (const auto& of_rank : logarithms(c, ranks, 1)) slowest = std::max(slowest, std::exp(of_rank[0]));
    const Simulated s = simulate(c, ranks, [] { compute(1), MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD)); });
    EXPECT_NEAR(s.seconds, slowest, 1e-12);
    for (const RankTime& r : s.ranks) EXPECT_EQ(r.seconds, s.seconds);
  }
}

// A step of chapter 10's program takes longer the more ranks there are to wait for, and the same time again.
TEST(Noise, SlowsAStepDown) {
  Cluster c = load_cluster("gpu_pods");
  const auto slower = [&](int ranks) {
    HybridSettings s{.sizes = {784, 2048, 2048, 10}, .batch = size_t(64 * ranks), .micro_batches = ranks, .allreduce = "mpi", .optimizer = {}};
    c.rank_spread = 0;
    const double quiet = simulate_step(c, s, {ranks, 1, 1}).seconds;
    c.rank_spread = 0.125;
    const double uneven = simulate_step(c, s, {ranks, 1, 1}).seconds;
    EXPECT_EQ(uneven, simulate_step(c, s, {ranks, 1, 1}).seconds);
    return uneven / quiet;
  };
  EXPECT_GT(slower(7), 1);
  EXPECT_LT(slower(7), 1.5);
}
