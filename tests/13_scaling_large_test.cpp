// Many replicas of a model that has always the same grid: what `scaling --pipeline --tensor` prints, and results/large.csv.
#include "tests/13_large_results.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <set>

#include "tests/program.h"

namespace {
ProgramRun scaling(const std::string& options) { return run_program(build_folder() + "/chapters/13_scaling/scaling " + options); }
}  // namespace

// 6, 12 and 24 ranks: a model has 2 stages of 3 ranks. Speedup and serial part are those of the number of models.
TEST(Models, GrowInNumber) {
  for (const bool weak : {false, true}) {
    const ProgramRun table = scaling("--cluster infiniband --ranks 30 --pipeline 2 --tensor 3 --hidden 40,30 --batch 64" + std::string(weak ? " --weak" : ""));
    EXPECT_EQ(table.status, 0) << table.output;
    EXPECT_TRUE(contains(table.output, weak ? "weak scaling: batch 64 a model\n" : "strong scaling: batch 64\n"));
    double one = 0;
    for (const int models : {1, 2, 4}) {
      const size_t batch = weak ? 64 * size_t(models) : 64;
      const HybridSettings s{.sizes = {784, 40, 30, 10}, .batch = batch, .micro_batches = 2 * models, .allreduce = "mpi", .optimizer = {}};
      const StepTime t = simulate_step(load_cluster("infiniband"), s, {models, 2, 3}, {.steps = 1, .trace = {}});
      const double rate = double(batch) / t.seconds;
      if (models == 1) one = rate;
      const double speedup = rate / one;
      char row[200];
      std::snprintf(row, sizeof row, "%7d %11s %15d %7zu %11.4g %11.4g %10.2f %9.1f %% %8.1f %%", 6 * models, to_string(t.shape).c_str(), 2 * models,
                    batch, 1000 * t.seconds, rate, speedup, 100 * speedup / models, 100 * t.computing / t.seconds);
      EXPECT_TRUE(contains(table.output, row)) << row << "\n" << table.output;
      if (models == 1) continue;
      std::snprintf(row, sizeof row, "   %9.5f\n", weak ? (models - speedup) / (models - 1) : (1 / speedup - 1.0 / models) / (1 - 1.0 / models));
      EXPECT_TRUE(contains(table.output, row)) << row << table.output;
    }
    EXPECT_FALSE(contains(table.output, "     48 "));
  }
  for (const char* half : {"--pipeline 2", "--tensor 2", "--pipeline 2 --tensor 2 --data-only"})
    EXPECT_TRUE(contains(scaling(half).output, "error: --pipeline and --tensor belong together, without --data-only\n")) << half;
}

// Three clusters, two ways, 64 to 4096 ranks; speedup and efficiency follow from the times.
TEST(LargeResults, FitTogether) {
  std::set<std::string> tables;
  double first = 0;
  int expected = 64;
  for (const large_results::Row& r : large_results::rows()) {
    if (tables.insert(r.cluster + " " + r.way).second) expected = 64, first = r.rate;
    const int models = r.ranks / 64;
    EXPECT_EQ(r.ranks, expected);
    EXPECT_EQ(r.shape.data, models);
    EXPECT_EQ(r.batch, r.way == "weak" ? 1024 * size_t(models) : 8192);
    EXPECT_NEAR(r.rate, double(r.batch) / r.seconds, 2e-5 * r.rate);
    EXPECT_NEAR(r.speedup, r.rate / first, 2e-5 * r.speedup);
    EXPECT_NEAR(r.efficiency, r.speedup / models, 2e-5 * r.efficiency);
    expected = r.ranks < 4096 ? 2 * r.ranks : 0;
  }
  EXPECT_EQ(tables, (std::set<std::string>{"ethernet strong", "ethernet weak", "infiniband strong", "infiniband weak", "gpu_pods strong", "gpu_pods weak"}));
  EXPECT_EQ(expected, 0);
  EXPECT_EQ(large_results::rows().size(), 42u);
}

// The script writes the file: its first rows again. The others: tests/13_scaling_large_long_test.cpp.
TEST(LargeResults, AreWrittenByTheScript) {
  const std::string folder = testing::TempDir() + "large_" + std::to_string(getpid());
  std::filesystem::create_directories(folder + "/tmp");
  const ProgramRun script = run_program("env TMPDIR=" + folder + "/tmp B=" + build_folder() + " sh chapters/13_scaling/large.sh 64 " + folder);
  EXPECT_EQ(script.status, 0) << script.output;
  EXPECT_TRUE(std::filesystem::is_empty(folder + "/tmp")) << "nothing is left behind";
  const ProgramRun missing = run_program("env B=nowhere sh chapters/13_scaling/large.sh 64 " + folder);
  EXPECT_TRUE(missing.status == 1 && missing.output == "nowhere/chapters/13_scaling/scaling is missing: make 13-scaling builds it\n") << missing.output;
  std::ifstream all("chapters/13_scaling/results/large.csv"), now(folder + "/large.csv");
  std::string expected, line;
  for (int number = 0; std::getline(all, line); ++number)
    if (number == 0 || number % 7 == 1) expected += line + "\n";
  const std::string text{std::istreambuf_iterator<char>(now), {}};
  EXPECT_EQ(text, expected);
  std::filesystem::remove_all(folder);
}
