// A run whose ranks are killed by the law of interval.h, as the launcher and a disk see it, and by a clock of the test: a step takes one
// second. What it takes is what the simulation says that these failures cost, to the step, and near what Daly's formula says of them all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "chapters/12_restart/interval.h"
#include "tests/program.h"

namespace {

constexpr int interval = 5, steps = 140, ranks = 3;

TEST(Goodput, OfARunThatIsKilledByTheLaw) {
  const Failures f{25, 1, 2};
  const std::string folder = testing::TempDir() + "goodput_" + std::to_string(getpid()), done = folder + ".done";
  constexpr uint64_t seed = 1;
  std::mt19937_64 random(seed);
  double seconds = 0;
  size_t recorded = 0;
  ptrdiff_t again = 0;  // steps, by the law
  int attempts = 0;
  std::string record;
  for (bool ended = false; !ended; ++attempts) {
    ASSERT_LT(attempts, 60);
    const double left = -f.between * std::log1p(-std::ldexp(double(random() >> 11), -53)), restart = attempts > 0 ? f.restart : 0;
    char law[100];
    std::snprintf(law, sizeof law, "%.17g %.17g %.17g %d %d", left, f.checkpoint, restart, attempts % ranks, interval);
    const ProgramRun run = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD FOLDER=" + folder + " LAW='" + law +
                                       "' timeout -k 5 300 sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() +
                                       "/tests/12_restart_run_test --gtest_also_run_disabled_tests --gtest_filter=Run.DISABLED_FailsByTheLaw");
    ASSERT_NE(run.status, 124) << "hangs\n" << run.output;
    std::ifstream in(done);
    record = std::string(std::istreambuf_iterator<char>(in), {});
    ended = run.status == 0;
    const std::string now = record.substr(std::exchange(recorded, record.size()));
    if (ended) seconds += restart + double(std::ranges::count(now, 's')) + f.checkpoint * double(std::ranges::count(now, 'c'));
    else seconds += left;
    if (ended || left <= restart) continue;
    const double of_one = interval + f.checkpoint, in_the_last = std::fmod(left - restart, of_one);
    again += std::min<ptrdiff_t>(interval - 1, ptrdiff_t(in_the_last));
  }
  const double simulated = simulated_seconds(f, interval, steps / interval, seed);
  std::printf("%d steps, a checkpoint after each %d (%g s), a failure every %g s, a restart of %g s: %d attempts, %td steps done again\n"
              "useful: measured %.2f %%, simulated %.2f %%, by Daly's formula %.2f %%\n",
              steps, interval, f.checkpoint, f.between, f.restart, attempts, again, 100 * steps / seconds, 100 * steps / simulated,
              100 * useful_share(f, interval));
  EXPECT_GT(attempts, 5);
  EXPECT_EQ(std::ranges::count(record, 's'), steps + again);
  EXPECT_EQ(std::ranges::count(record, 'c'), steps / interval);  // none was lost
  EXPECT_NEAR(seconds, simulated, 1e-6);
  EXPECT_NEAR(steps / seconds / useful_share(f, interval), 1, 0.15);
  std::filesystem::remove_all(folder);
  std::filesystem::remove(done);
}

}  // namespace
