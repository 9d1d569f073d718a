// `make gpu-report`, rehearsed with the kernels on the CPU: every stage, and a stage that takes too long.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/program.h"

namespace {

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

struct Report {
  ProgramRun run;
  std::vector<std::string> names, results;
  std::string folder, page;
};
Report rehearse(const std::string& limit) {
  Report report;
  report.folder = testing::TempDir() + "gpu_report_" + std::to_string(getpid());
  report.run = run_program("REHEARSE=yes BUILT=" + build_folder() + " LIMIT=" + limit + " OUT=" + report.folder + " sh chapters/03_fast_kernels/gpu_report.sh");
  std::ifstream stages(report.folder + "/stages.csv");
  std::string line;
  std::getline(stages, line);
  EXPECT_EQ(line, "stage,seconds,limit,result");
  while (std::getline(stages, line)) {
    report.names.push_back(line.substr(0, line.find(',')));
    report.results.push_back(line.substr(line.find('"') + 1, line.rfind('"') - line.find('"') - 1));
  }
  report.page = text_of(report.folder + "/README.md");
  return report;
}
const std::vector<std::string> stages = {"correctness", "02_cuda_test", "03_fast_kernels_products_test", "03_fast_kernels_test", "03_fast_kernels_masked_test",
                                         "03_fast_kernels_pool_test", "limits", "products", "peers", "roofline", "step",
                                         "two_ranks_06_host", "two_ranks_06_peer", "two_ranks_06_mpi", "two_ranks_06_curve",
                                         "four_ranks_06_host", "four_ranks_06_peer", "four_ranks_06_mpi", "four_ranks_06_curve", "two_ranks_07",
                                         "two_ranks_08", "two_ranks_09", "two_ranks_10", "two_ranks_12", "sanitizer", "counters"};

TEST(GpuReport, IsRehearsedStageByStage) {
  const Report report = rehearse("1000");
  EXPECT_EQ(report.run.status, 0) << report.run.output;
  EXPECT_EQ(report.names, stages);
  for (size_t i = 0; i < report.names.size(); ++i) {
    EXPECT_TRUE(report.results[i] == "passed" || report.results[i].starts_with("skipped: ")) << report.names[i] << ": " << report.results[i];
    EXPECT_TRUE(contains(report.page, "| " + report.names[i] + " | ")) << report.page;
  }
  for (const char* name : {"correctness", "limits", "products", "counters"})
    EXPECT_EQ(report.results[size_t(std::ranges::find(report.names, name) - report.names.begin())], "passed");
  const std::string correctness = text_of(report.folder + "/correctness.txt");
  EXPECT_TRUE(correctness.ends_with("\nall right\n")) << correctness;
  std::ifstream products(report.folder + "/products.csv");
  size_t lines = 0;
  for (std::string line; std::getline(products, line);) ++lines;
  EXPECT_GE(lines, 1 + 2 * 10u);
  // Ranks that share the GPU, or the cores that stand in for it: each way ends with the weights of the one through the host.
  for (const std::string ranks : {"2", "4"}) {
    const std::string begin = report.folder + (ranks == "2" ? "/two" : "/four") + "_ranks_06_";
    EXPECT_TRUE(text_of(begin + "host.txt").ends_with("\nweights as by host\n")) << text_of(begin + "host.txt");
    for (const char* way : {"peer", "mpi"}) {
      const std::string said = text_of(begin + way + ".txt");
      EXPECT_TRUE(said.ends_with("\nweights as by host\n") || said.find("\nskipped: ") != std::string::npos) << said;
    }
    const std::string curve = text_of(report.folder + "/gpu_ways_" + ranks + ".csv");
    for (const char* bytes : {"1024", "4096", "16384"}) EXPECT_TRUE(contains(curve, "\n" + ranks + "," + bytes + ",host,"));
  }
  const ProgramRun listed = run_program("tar -tzf build/gpu-report.tar.gz");
  for (const char* file : {"/README.md", "/stages.csv", "/products.csv", "/correctness.txt", "/two_ranks_06_peer.txt", "/gpu_ways_4.csv"}) EXPECT_TRUE(contains(listed.output, file)) << listed.output;
  std::filesystem::remove_all(report.folder);
}

// A stage that takes too long ends; the others and the page are there all the same.
TEST(GpuReport, AStageThatTakesTooLongIsCutOff) {
  const Report report = rehearse("0.001");
  EXPECT_EQ(report.names, stages);
  EXPECT_EQ(report.results.at(0), "cut off after 0.001 s");
  EXPECT_EQ(report.results.at(5), "cut off after 0.001 s");
  EXPECT_TRUE(contains(report.page, "| correctness | ") && contains(report.page, "| cut off after 0.001 s |")) << report.page;
  std::filesystem::remove_all(report.folder);
}

TEST(GpuReport, WithoutAGpuItIsOneLine) {
  if (run_program("command -v nvidia-smi").status == 0) GTEST_SKIP() << "skipped: there may be a GPU here";
  const ProgramRun run = run_program("REHEARSE= sh chapters/03_fast_kernels/gpu_report.sh");
  EXPECT_EQ(run.output, "gpu-report: skipped: no GPU\n");
  EXPECT_EQ(run.status, 0);
}

}  // namespace
