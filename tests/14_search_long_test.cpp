// The search for parameters at its full length: 40 trials of up to 8 epochs on 3 workers, about half a minute. And 200,000 damaged
// records, see mutations.h.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "chapters/14_search/search_journal.h"
#include "tests/mpi_expect.h"
#include "tests/mutations.h"
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

// Refused in one line, or a beginning of what was written, or some of its whole lines: never a result that nobody had.
TEST(Record, ThatIsDamagedNeverHoldsAnotherResult) {
  const std::string file = testing::TempDir() + "record_" + std::to_string(getpid());
  const std::vector<Trial> trials = {random_trial(1, 0), random_trial(1, 1)};
  {
    SearchJournal journal(file, false);
    for (int i = 0; i < 4; ++i) journal.add(trials[size_t(i % 2)], {.trial = i % 2, .rung = i / 2, .epochs = 1 + i / 2, .accuracy = 0.5 + i / 8.0}, 1);
  }
  std::ifstream in(file, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(in), {}};
  std::mt19937_64 random(1);
  const int all = inputs(200'000);
  int refused = 0, read = 0;
  for (int i = 0; i < all; ++i) {
    std::ofstream(file, std::ios::binary) << mutation(good, random);
    std::vector<Outcome> outcomes;
    const std::string error = error_of([&] { outcomes = read_journal(file, trials); });
    ASSERT_TRUE(error.empty() || (error.starts_with(file) && in_one_line(error))) << i << ": " << error;
    for (const Outcome& o : outcomes) {
      const bool had = o.failed == 0 && o.epochs == 1 + o.rung && o.accuracy == 0.5 + (2 * o.rung + o.trial) / 8.0;
      ASSERT_TRUE(had) << i << ": trial " << o.trial << ", rung " << o.rung;
    }
    ++(error.empty() ? read : refused);
  }
  EXPECT_GT(refused, all / 2);
  EXPECT_GT(read, all / 20);  // cut short, a whole line less
  std::remove(file.c_str());
}

}  // namespace
