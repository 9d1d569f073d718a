// The programs of chapter 14 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "chapters/14_search/search_journal.h"
#include "common/dataset.h"
#include "tests/data_sets.h"
#include "tests/options_told.h"
#include "tests/plain_training.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command, const std::string& environment = "") {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + environment + " sh common/mpi/launch " +
                     std::to_string(ranks) + " " + build_folder() + "/chapters/14_search/" + command);
}

double number_after(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + word.size()));
}

TEST(SearchProgram, GoesOnWhereItEnded) {
  const std::string log = build_folder() + "/search_test.csv";
  const std::string command = "search --train-samples 512 --trials 6 --rungs 2 --eta 3 --log " + log;
  const ProgramRun whole = launch(2, command);
  EXPECT_EQ(whole.status, 0) << whole.output;
  const size_t at = whole.output.find("the most suitable");
  ASSERT_NE(at, std::string::npos) << whole.output;

  std::vector<Trial> trials;
  for (int number = 0; number < 6; ++number) trials.push_back(random_trial(1, number));
  const std::vector<Outcome> outcomes = read_journal(log, trials);
  EXPECT_GE(outcomes.size(), 6u + 6 / 3);
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.epochs, outcome.rung == 0 ? 1 : 3) << "one epoch, then three times as many";
  EXPECT_GT(number_after(whole.output, "teams held a trial "), 1) << "percent, of one team that is hardly idle: " << whole.output;

  // The process died in its fourth line: three results are left.
  std::ifstream in(log);
  std::string text, line;
  for (int i = 0; i < 4 && std::getline(in, line); ++i) text += line + "\n";
  std::ofstream(log) << text << "3,0,1,0.0";
  const ProgramRun rest = launch(2, command + " --resume");
  EXPECT_EQ(rest.status, 0) << rest.output;
  EXPECT_TRUE(contains(rest.output, "3 results of"));
  EXPECT_TRUE(contains(rest.output, whole.output.substr(at))) << rest.output << "\nexpected:\n"
                                                   << whole.output.substr(at);
  // The record is whole again: everything is kept, nothing is left to do.
  const ProgramRun again = launch(2, command + " --resume");
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(contains(again.output, whole.output.substr(at)));
  for (const char* other : {" --rungs 1", " --first-epochs 2", " --eta 2", " --seed 2"}) {
    const ProgramRun run = launch(2, command + " --resume" + other);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(contains(run.output, "belongs to another search")) << other << "\n" << run.output;
  }
  std::remove(log.c_str());
}

// What is printed behind the results, from the record alone: the table, who did what, and the winner up to its test.
std::string told_of(const std::vector<Trial>& trials, const std::vector<Outcome>& outcomes) {
  struct Row {
    const Trial* trial;
    Outcome best{.rung = -1};
    double seconds = 0;
  };
  std::vector<Row> rows;
  for (const Trial& trial : trials) rows.push_back({.trial = &trial});
  for (const Outcome& outcome : outcomes) {
    Row& row = rows[size_t(outcome.trial)];
    row.seconds += outcome.seconds;
    if (outcome.rung > row.best.rung) row.best = outcome;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return (a.best.failed ? -1 : a.best.accuracy) > (b.best.failed ? -1 : b.best.accuracy);
  });
  std::string text = "\ntrial  learning rate  width  batch   seed  epochs   validation   seconds\n";
  char line[200];
  for (const Row& row : rows) {
    const Trial& t = *row.trial;
    char accuracy[20];
    std::snprintf(accuracy, sizeof accuracy, "%.2f %%", 100 * row.best.accuracy);
    std::snprintf(line, sizeof line, "%5d %14.4f %6d %6d %6d %7d %12s %9.1f\n", t.number, t.learning_rate, t.width, t.batch, t.seed,
                  row.best.epochs, row.best.failed ? "diverged" : accuracy, row.seconds);
    text += line;
  }
  return text;
}

// Every result is that of a plain training on the first five sixths, judged on the last one; what is printed follows from the record.
TEST(SearchProgram, PrintsWhatAPlainSearchFinds) {
  const data_sets::DataSet data({480, 7, 5, 5}, {40, 7, 5, 3});  // whose test images have other ink: few are right
  const std::string log = data.folder + "/search.csv";
  const ProgramRun run = launch(4, "search --trials 6 --rungs 3 --eta 2 --first-epochs 2 --seed 11930 --data " + data.folder + " --log " + log);
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "3 teams of 1 rank: a trial is a grid of 1 x 1 x 1\n"));

  std::vector<Trial> trials;
  for (int number = 0; number < 6; ++number) trials.push_back(random_trial(11930, number));
  const std::vector<Outcome> outcomes = read_journal(log, trials);
  ASSERT_GE(outcomes.size(), 6u + 3 + 1);
  const Dataset all = read_idx(data.folder + "/train-images-idx3-ubyte", data.folder + "/train-labels-idx1-ubyte");
  const Dataset train = part_of(all, {0, 400}), validation = part_of(all, {400, 480});
  const auto plain_run = [&](const Trial& t, int epochs) {
    return plain::Run{.sizes = {35, size_t(t.width), size_t(t.width) / 2, 5}, .samples = 400, .batch = size_t(t.batch),
                      .epochs = size_t(epochs), .rate = t.learning_rate, .seed = unsigned(t.seed)};
  };
  std::set<std::pair<int, int>> seen;
  for (const Outcome& outcome : outcomes) {
    const plain::Epoch expected = plain::train(plain_run(trials[size_t(outcome.trial)], outcome.epochs), train, validation).back();
    EXPECT_TRUE(seen.insert({outcome.trial, outcome.rung}).second);
    EXPECT_EQ(outcome.epochs, 2 << outcome.rung);
    EXPECT_NEAR(outcome.loss, expected.loss, 0.001 * expected.loss) << "trial " << outcome.trial << ", epochs " << outcome.epochs;
    EXPECT_NEAR(outcome.accuracy, double(expected.correct) / 80, 0.013) << "trial " << outcome.trial << ", epochs " << outcome.epochs;
  }
  const std::string told = told_of(trials, outcomes);
  EXPECT_TRUE(contains(run.output, told));

  std::ifstream record(log);  // who did what: the last field but one of each line
  std::vector<int> stretches(4);
  std::vector<std::set<std::string>> of_team(4);
  std::string row;
  std::getline(record, row);
  while (std::getline(record, row)) {
    const size_t team = size_t(row[row.rfind(',') - 1] - '0');
    ASSERT_TRUE(team >= 1 && team <= 3) << row;
    const size_t before = size_t(stretches[1] + stretches[2] + stretches[3]);
    ASSERT_LT(before, outcomes.size());
    const Outcome& outcome = outcomes[before];
    char line[80];
    std::snprintf(line, sizeof line, "\nteam %zu: trial %3d, %2d epochs: %.2f %%\n", team, outcome.trial, outcome.epochs, 100 * outcome.accuracy);
    EXPECT_TRUE(contains(run.output, line));
    ++stretches[team];
    of_team[team].insert(row.substr(0, row.find(',')));
  }
  for (size_t team = 1; team <= 3; ++team)
    EXPECT_TRUE(contains(run.output, "  team " + std::to_string(team) + ": " + std::to_string(stretches[team]) + " stretches of " +
                              std::to_string(of_team[team].size()) + " trials, "))
        << run.output;
  double wall = -1, held = -1;
  const size_t farm = std::min(run.output.size(), run.output.find("from the first hand-out"));
  std::sscanf(run.output.c_str() + farm, "from the first hand-out to the last result %lf s; teams held a trial %lf %%", &wall, &held);
  EXPECT_TRUE(wall >= 0 && held > 0 && held <= 100) << run.output;

  // The winner is the first line of the table; it alone is shown the test set.
  const auto best = std::max_element(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) { return a.accuracy < b.accuracy; });
  double rate, validated, tested;
  int width, batch, seed, epochs;
  const size_t last = std::min(run.output.size(), run.output.find("the most suitable"));
  ASSERT_EQ(std::sscanf(run.output.c_str() + last,
                        "the most suitable: learning rate %lf, width %d, batch %d, seed %d, after %d epochs: validation %lf %%, test %lf %%",
                        &rate, &width, &batch, &seed, &epochs, &validated, &tested),
            7)
      << run.output;
  const auto winner = std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return t.seed == seed; });
  ASSERT_NE(winner, trials.end());
  EXPECT_TRUE(width == winner->width && batch == winner->batch && std::abs(rate - winner->learning_rate) < 0.0001) << run.output;
  EXPECT_NEAR(validated, 100 * best->accuracy, 0.0051);
  const Dataset test = read_idx(data.folder + "/t10k-images-idx3-ubyte", data.folder + "/t10k-labels-idx1-ubyte");
  const plain::Epoch expected = plain::train(plain_run(*winner, epochs), train, test).back();
  EXPECT_NEAR(tested, 2.5 * double(expected.correct), 2.51) << run.output;
  EXPECT_LT(2.5 * double(expected.correct), validated - 10) << "no good example";
}

// A record in which trials failed: they are last, and nobody is the most suitable if all did. The best of four went on to a second rung.
TEST(SearchProgram, FailedTrialsAreLast) {
  const data_sets::DataSet data({480, 7, 5, 5}, {40, 7, 5, 5});
  const std::string log = data.folder + "/search.csv";
  std::vector<Trial> trials;
  for (int number = 0; number < 4; ++number) trials.push_back(random_trial(1, number));
  for (const bool all : {false, true}) {
    std::vector<Outcome> outcomes;
    {
      SearchJournal journal(log, false);
      for (const Trial& t : trials) {
        const bool failed = all || t.number % 2 == 0;
        outcomes.push_back({.trial = t.number, .epochs = 1, .failed = failed, .accuracy = failed ? NAN : 0.25 * t.number, .seconds = 7});
        journal.add(t, outcomes.back(), 1);
      }
      outcomes.push_back({.trial = 3, .rung = 1, .epochs = 4, .failed = all, .accuracy = all ? NAN : 0.8, .seconds = 30});
      journal.add(trials[3], outcomes.back(), 1);
    }
    const ProgramRun run = launch(2, "search --trials 4 --rungs 2 --eta 4 --resume --data " + data.folder + " --log " + log);
    EXPECT_TRUE(contains(run.output, "1 team of 1 rank: ") && contains(run.output, "5 results of " + log + " are kept\n"));
    const std::string told = told_of(trials, outcomes);
    EXPECT_TRUE(contains(run.output, told));
    EXPECT_EQ(run.status, all ? 1 : 0) << run.output;
    EXPECT_EQ(bool(contains(run.output, "every trial diverged: no setting was found\n")), all) << run.output;
    EXPECT_EQ(bool(contains(run.output, "the most suitable: ")), !all) << run.output;
  }
}

// The same trials by teams of two: a winner, the lines that say who did what, and the losses of one rank with as many parts of a batch.
TEST(SearchProgram, ATrialMayHaveSeveralRanks) {
  const std::string log = testing::TempDir() + "search_" + std::to_string(getpid()) + ".csv";
  std::vector<Trial> trials;
  for (int number = 0; number < 4; ++number) trials.push_back(random_trial(1, number));
  const auto losses = [&] {  // on the first rung
    std::vector<double> of(4, -1);
    for (const Outcome& outcome : read_journal(log, trials))
      if (outcome.rung == 0) of[size_t(outcome.trial)] = outcome.loss;
    std::remove(log.c_str());
    return of;
  };
  const std::string command = "search --train-samples 512 --trials 4 --log " + log;
  const ProgramRun run = launch(5, command + " --rungs 2 --pipeline 2");
  EXPECT_EQ(run.status, 0) << run.output;
  const std::vector<double> of_teams = losses();
  EXPECT_EQ(launch(2, command + " --rungs 1 --micro-batches 2").status, 0);
  EXPECT_EQ(losses(), of_teams) << "two parts of a batch for two stages";
  EXPECT_TRUE(contains(run.output, "2 teams of 2 ranks: a trial is a grid of 1 x 2 x 1"));
  EXPECT_TRUE(contains(run.output, "team 2: "));
  EXPECT_TRUE(contains(run.output, "the most suitable"));
}

TEST(SearchProgram, ATrialMayBeOnCuda) {
  const data_sets::DataSet data({480, 7, 5, 13}, {40, 7, 5, 13});
  const std::string command = "search --device cuda --train-samples 256 --trials 2 --rungs 1 --pipeline 2 --data " + data.folder;
  EXPECT_EQ(launch(3, command, "CUDA_VISIBLE_DEVICES=").status, 77) << "where there is none";
  const ProgramRun run = launch(3, command);
  if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "the most suitable"));
}

// Of 480 images a sixth is for validation; too few is one line.
TEST(SearchProgram, AnyDataSetIsSearched) {
  for (const data_sets::Half& train : {data_sets::Half{480, 7, 5, 13}, data_sets::Half{480, 4, 9, 3}}) {
    const data_sets::DataSet data(train, {40, train.height, train.width, train.classes});
    const std::string command = "search --trials 2 --rungs 1 --data " + data.folder;
    const ProgramRun run = launch(2, command);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "the most suitable"));
    const ProgramRun more = launch(2, command + " --train-samples 401");
    EXPECT_EQ(more.status, 1) << more.output;
    EXPECT_EQ(more.lines(), 1u) << more.output;
    EXPECT_TRUE(contains(more.output, "--train-samples: 401, expected 256 to the 400 of "));
    EXPECT_TRUE(contains(launch(2, command + " --train-samples 255").output, "--train-samples: 255, expected 256 to the 400 of "));
    EXPECT_EQ(launch(2, command + " --trials 1 --train-samples 256").status, 0);
  }
  const data_sets::DataSet data({480, 7, 5, 13}, {40, 9, 5, 13});
  const ProgramRun run = launch(2, "search --data " + data.folder);
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_EQ(run.lines(), 1u) << run.output;
}

TEST(SearchProgram, HasTheseOptions) {
  EXPECT_EQ(launch(1, "search --help").status, 0);
  EXPECT_EQ(options_told(launch(1, "search --help").output),
            "replicas N (1 to 1024) [1]\npipeline N (1 to 3) [1]\ntensor N (1 to 1024) [1]\nmicro-batches N (at least 0) [0]\n"
            "device cpu|cuda [cpu]\ndata TEXT [build/data]\ntrials N (1 to 100000) [40]\nfirst-epochs N (1 to 1000) [1]\n"
            "rungs N (1 to 10) [4]\neta N (2 to 10) [2]\nseed N (at least 0) [1]\ntrain-samples N (at least 0) [0]\nlog TEXT\nresume\n");
}

TEST(SearchProgram, WrongUseGivesALineAndAStatus) {
  const ProgramRun alone = launch(1, "search");
  EXPECT_EQ(alone.status, 1) << alone.output;
  EXPECT_TRUE(contains(alone.output, "two ranks"));
  const ProgramRun resume = launch(2, "search --resume");
  EXPECT_EQ(resume.status, 1);
  EXPECT_TRUE(contains(resume.output, "--resume: needs --log, the record to go on with\n"));
  const ProgramRun rest = launch(3, "search --tensor 3");
  EXPECT_EQ(rest.status, 1) << rest.output;
  EXPECT_TRUE(contains(rest.output, "cannot be cut into teams of 3"));
}

}  // namespace
