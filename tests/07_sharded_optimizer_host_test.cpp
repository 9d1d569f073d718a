// How often the host waits for its GPU where chapter 07's gradients and weights go through host memory, by formula: units come and go in
// each step, and none of them waits for the driver.
// ranks: 1 2 3
// more ranks: 5
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "tests/07_sharded_runs.h"
#include "tests/device_waits.h"

// How often the host waits for its GPU in a step of `rounds` micro-batches a rank: for each loss, for the gradients that it sends, for its
// part of the weights of a unit that are gathered at level 3, below it once for those of all units. A rank that has no gradients to send
// waits, before others' arrive, until those of the unit before have left the place, unless it has waited for weights since. In two
// levels one rank alone sends, too: to itself. Where a unit is longer than a chunk the host waits for each piece that it sends, and of new
// weights for those behind the last unit that goes as a whole.
unsigned long waits_of_step(const Zero& zero, const ZeroOptions& o, int rounds, bool idle) {
  const std::vector<Unit>& units = zero.shards().units;
  unsigned long waits = size_t(rounds);
  if (ranks() == 1) return waits + (o.two_level ? size_t(rounds) * units.size() : 0);
  const size_t last = units.size() - 1, chunk = size_t(o.chunk_kib) * 256, p = size_t(ranks());
  const auto pieces = [&](size_t u) {  // 0: as a whole
    const size_t n = units[u].range.size();
    return n <= chunk || o.two_level ? 0 : ((n + p - 1) / p + chunk - 1) / chunk;
  };
  const auto at_least_one = [&](size_t u) { return std::max(pieces(u), size_t{1}); };
  const bool place = idle && !o.two_level;
  const auto gathered = [&](size_t u) { return o.level == 3 && units[u].last_layer > 1; };  // in backward
  for (size_t u = 0; u <= last; ++u) {
    const bool waited = o.prefetch ? u > 0 && gathered(u - 1) : gathered(u);  // between the unit before and this one
    waits += size_t(rounds) * (!idle || o.two_level) * (pieces(u) ? (p - 1) * pieces(u) : 1);
    waits += o.level < 3 ? 0 : size_t(rounds) * (1 + gathered(u)) * at_least_one(u);
    if (u < last && !waited && place) waits += size_t(rounds);
  }
  if (o.level == 3) return waits;
  size_t behind = 0, wholes = 0;
  for (size_t u = 0; u <= last; ++u) behind = pieces(u) ? behind + pieces(u) : 0, wholes += pieces(u) == 0;
  return waits + (wholes > 0) + behind + (place ? size_t(rounds) - 1 : 0);  // before the first unit of a later round
}

TEST(ThroughTheHost, AStepWaitsForWhatCrossesIt) {
  std::string reason;
  const std::unique_ptr<Device> counting = device_that_counts(reason);
  if (!counting) GTEST_SKIP() << reason;
  for (const std::vector<int>& sizes : {odd_sizes, {40, 60, 30, 10}, {40, 5, 60, 30}}) {  // with chunks of 256: short, long, mixed units
    const Dataset data = random_dataset(size_t(sizes[0]), 40);
    for (int level = 0; level < ways; ++level)
      for (const bool two_level : {false, true})
        for (const int64_t unit : {1, 50, 1000})
          for (const int micro_batches : {std::max(ranks() - 1, 1), ranks(), 2 * ranks()}) {
            ZeroOptions o = way(level, unit, micro_batches);
            o.exchange = "host", o.two_level = two_level, o.chunk_kib = 1;
            ShardedRun run(*counting, data, sizes, 20, rule("adam"), o, MPI_COMM_WORLD);
            run.step({0, 20});
            for (const Range batch : {Range{0, 20}, {20, 40}}) {
              const unsigned long waits = waits_of([&] { run.step(batch); });
              const unsigned long expected = waits_of_step(run.zero(), o, run.zero().rounds(), rank() >= micro_batches);
              EXPECT_ON_ALL_RANKS(waits == expected) << sizes[1] << ", level " << level << ", unit " << unit << ", " << micro_batches
                                                     << (two_level ? " micro-batches in two levels: " : " micro-batches: ") << waits
                                                     << ", expected " << expected;
            }
          }
  }
}

// A pool for units that come and go lasts as long as they do: what is freed behind them is free for others.
TEST(ThroughTheHost, ThePoolEndsWithTheRun) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  auto& gpu = dynamic_cast<FastCudaDevice&>(*device);
  const Dataset data = random_dataset(13, 20);
  for (const int level : {1, 2, 3}) {
    ZeroOptions o = way(level, 1, ranks());
    o.exchange = "host";
    {
      ShardedRun run(gpu, data, odd_sizes, 20, rule("sgd"), o, MPI_COMM_WORLD);
      run.step({0, 20});
      EXPECT_ON_ALL_RANKS((gpu.kept_bytes() > 0) == (level >= 2)) << level;
    }
    EXPECT_ON_ALL_RANKS(gpu.kept_bytes() == 0) << gpu.kept_bytes();
  }
}
