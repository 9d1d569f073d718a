// The search for parameters at its full length: 40 trials of up to 8 epochs on 3 workers, about half a minute.
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/program.h"

namespace {

std::vector<std::string> lines_with(const std::string& output, const std::string& word) {
  std::vector<std::string> lines;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);)
    if (line.find(word) != std::string::npos) lines.push_back(line);
  return lines;
}

double number_after(const std::string& text, const std::string& word) {
  const size_t at = text.rfind(word);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + word.size()));
}

TEST(Search, FindsASettingOf97PercentAndKeepsAllWorkersBusy) {
  const ProgramRun run = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 4 " + build_folder() +
                                     "/chapters/14_search/search");
  ASSERT_EQ(run.status, 0) << run.output;
  const std::vector<std::string> winner = lines_with(run.output, "the most suitable:");
  ASSERT_EQ(winner.size(), 1u) << run.output;
  EXPECT_GE(number_after(winner[0], "validation "), 97.0) << winner[0];
  EXPECT_GE(number_after(winner[0], "test "), 97.0) << winner[0];
  const std::vector<std::string> workers = lines_with(run.output, " stretches of ");
  ASSERT_EQ(workers.size(), 3u) << run.output;
  // Who takes how many depends on how long each takes; on the whole there are enough to balance.
  size_t stretches = 0;
  for (const std::string& line : workers) {
    EXPECT_GE(number_after(line, " stretches of "), 1) << line;
    stretches += size_t(number_after(line, ": "));
    std::cout << line << "\n";
  }
  EXPECT_GE(lines_with(run.output, "%").size(), 8 * workers.size()) << run.output;
  EXPECT_GE(stretches, 8 * workers.size()) << run.output;
  std::cout << lines_with(run.output, "teams held a trial")[0] << "\n" << winner[0] << "\n";
}

}  // namespace
