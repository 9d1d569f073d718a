// Chapter 13 with up to 4,096 ranks of a hybrid grid: what is sent and how long it takes, that the work of the simulation grows with the
// messages, and that a step needs less than 2 GB. How long a core takes for it is printed, not judged.
#include <sys/resource.h>

#include <ctime>
#include <iostream>

#include "tests/13_hybrid_grid.h"
#include "tests/13_large_results.h"

namespace {
const std::vector<int> sizes = {784, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 10};
}

// First, so that the memory is that of this step and the one before it that is not timed.
TEST(HybridGrid, Of4096RanksNeedsSoManyEventsAnd2GB) {
  const std::clock_t begin = std::clock();
  large_results::Row row{.cluster = "gpu_pods", .way = "weak", .ranks = 4096, .shape = {64, 8, 8}, .batch = 65536};
  const StepTime step = large_results::simulated(row);
  std::cout << double(std::clock() - begin) / CLOCKS_PER_SEC / 2 << " s of a core for a step; two are simulated" << std::endl;
  EXPECT_GT(step.messages, 500'000u);
  hybrid_grid::expect_work(step, row.shape);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  EXPECT_LT(double(used.ru_maxrss) / 1024, 2000) << "MB";
}

TEST(HybridGrid, Of1024Ranks) { hybrid_grid::expect_step(load_cluster("gpu_pods"), sizes, {16, 8, 8}, 8, 32); }
TEST(HybridGrid, Of4096Ranks) { hybrid_grid::expect_step(load_cluster("gpu_pods"), sizes, {64, 8, 8}, 8, 32); }

TEST(LargeResults, AreWhatIsSimulated) {
  int compared = 0;
  for (const large_results::Row& r : large_results::rows()) {
    if (r.ranks > 1024 && !(r.ranks == 4096 && r.way == "weak")) continue;
    EXPECT_NEAR(large_results::simulated(r).seconds, r.seconds, 1e-5 * r.seconds) << r.cluster << " " << r.way << " " << r.ranks;
    ++compared;
  }
  EXPECT_EQ(compared, 33);
}
