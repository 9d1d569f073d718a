// What programs of the chapters print, where nothing is measured: the committed results are today's, word by word. Texts and decks quote them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// <!-- run: COMMAND -->, and what it printed: in the lines behind it, or in a file of results.
struct Result {
  std::string command, text;
};

std::vector<Result> results_in(const std::string& page) {
  std::vector<Result> all;
  std::istringstream lines(text_of(page));
  const std::string begin = "<!-- run: ", end = " -->";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin)) continue;
    Result r{line.substr(begin.size(), line.size() - begin.size() - end.size()), ""};
    if (std::getline(lines, line) && line == "```text")
      while (std::getline(lines, line) && line != "```") r.text += line + "\n";
    const size_t to = r.command.find(" >chapters/");
    if (to != std::string::npos) {
      r.text = text_of(r.command.substr(to + 2));
      r.command.resize(to);
    }
    all.push_back(r);
  }
  return all;
}

// Of the commands of a chapter's results those that hold one of these words; all of them are there.
void expect_today(const std::string& page, const std::vector<std::string>& which) {
  if (!fs::exists(page)) GTEST_SKIP() << "skipped: no " << page << " here";
  std::vector<int> found(which.size(), 0);
  for (const Result& result : results_in(page))
    for (size_t i = 0; i < which.size(); ++i) {
      if (result.command.find(which[i]) == std::string::npos) continue;
      ++found[i];
      ASSERT_NE(result.text, "") << result.command;
      std::string command = result.command;
      for (size_t at = 0; (at = command.find("build/chapters/", at)) != std::string::npos; at += build_folder().size()) command.replace(at, 5, build_folder());
      const size_t csv = command.find(" --csv chapters/");  // stays as it is
      if (csv != std::string::npos) command.erase(csv, command.find(' ', csv + 7) - csv);
      EXPECT_EQ(run_program("unset PMI_RANK PMI_SIZE PMI_FD; " + command).output, result.text) << command;
    }
  for (size_t i = 0; i < which.size(); ++i) EXPECT_GE(found[i], 1) << page << " has no result of " << which[i];
}

TEST(Results, OfCollectivesAreTodays) { expect_today("chapters/05_collectives/results/runs.md", {"/curves ", "/steps "}); }

TEST(Results, OfShardingAreTodays) { expect_today("chapters/07_sharded_optimizer/results/runs.md", {"/memory", "/between_nodes "}); }

TEST(Results, OfSchedulesAreTodays) { expect_today("chapters/08_layer_splitting/results/runs.md", {"/plan "}); }

TEST(Results, OfFormatsAreTodays) { expect_today("chapters/11_fewer_bits/results/runs.md", {"/formats --steps 0"}); }

TEST(Results, OfRunsThatFailAreTodays) { expect_today("chapters/12_restart/results/runs.md", {"/goodput"}); }

TEST(Results, OfSimulationsAreTodays) {
  if (!fs::exists(build_folder() + "/chapters/13_scaling/scaling")) GTEST_SKIP() << "skipped: chapter 13 is not built (it needs MPICH)";
  expect_today("chapters/13_scaling/results/published.md", {"/published"});  // and its steps
  expect_today("chapters/13_scaling/results/simulated.md", {"--cluster ethernet --data-only | ", "--data-only --weak --batch 128 "});
}

}  // namespace
