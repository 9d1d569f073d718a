// What chapter 14 claims of the search: trials fill their range, successive halving lets the right ones rise, a journal gives back what
// was written, and what is told of a farm is what it reports.
// ranks: 1 2 3 5
// more ranks: 7
#include <gtest/gtest.h>
#include <mpi.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/14_search/halving.h"
#include "chapters/14_search/search_journal.h"
#include "chapters/14_search/team.h"
#include "chapters/14_search/trial.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/philox.h"
#include "tests/data_sets.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"

// The program, with a device that tells how it was asked for.
std::vector<std::string> devices_made;
bool losses_are_numbers = true;
struct DeviceOfTest : CpuDevice {
  void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale, int rows, int classes) override {
    CpuDevice::softmax_cross_entropy(loss, dz, z, labels, scale, rows, classes);
    if (!losses_are_numbers) std::fill_n(loss, rows, NAN);
  }
};
std::unique_ptr<Device> device_of_test(const std::string& name, int local_rank = 0) {
  devices_made.push_back(name + " " + std::to_string(local_rank));
  return std::make_unique<DeviceOfTest>();
}
#define main main_of_program
#define make_device device_of_test
namespace search_program {
#include "chapters/14_search/search.cpp"
}
#undef make_device
#undef main

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

int world_rank() { return rank_of(MPI_COMM_WORLD); }
int world_size() { return ranks_of(MPI_COMM_WORLD); }

// --- What is tried ---------------------------------------------------------------------------------------------------

// From four random words: the rate between 0.01 and 3, evenly in its logarithm; a power of two for the width and the batch; a seed.
TEST(TrialTest, TrialsFillTheirRange) {
  std::set<int> widths, batches, seeds;
  double lowest = 1e9, highest = 0;
  for (int number = 0; number < 1000; ++number) {
    const Trial trial = random_trial(9, number);
    const Philox4 words = random_words(9, RandomStream::data, 0, uint64_t(number));
    EXPECT_EQ(trial.number, number);
    EXPECT_NEAR(trial.learning_rate, 0.01 * std::pow(300, double(words[0] >> 8) / (1 << 24)), 1e-6);
    EXPECT_EQ(trial.width, 1 << (5 + words[1] % 4));
    EXPECT_EQ(trial.batch, 1 << (4 + words[2] % 5));
    EXPECT_EQ(trial.seed, int(words[3] % 1000) + 1);
    widths.insert(trial.width), batches.insert(trial.batch), seeds.insert(trial.seed);
    lowest = std::min(lowest, trial.learning_rate), highest = std::max(highest, trial.learning_rate);
  }
  EXPECT_EQ(widths, (std::set{32, 64, 128, 256}));
  EXPECT_EQ(batches, (std::set{16, 32, 64, 128, 256}));
  EXPECT_EQ(*batches.rbegin(), int(largest_batch));
  EXPECT_TRUE(*seeds.begin() >= 1 && *seeds.rbegin() <= 1000 && seeds.size() > 500);
  EXPECT_TRUE(lowest >= 0.01 && lowest < 0.012 && highest > 2.5 && highest <= 3) << lowest << " " << highest;
}

// --- Successive halving ----------------------------------------------------------------------------------------------

using Job = Halving::Job;

TEST(HalvingTest, OneWorkerClimbsAsSoonAsItMay) {
  Halving halving(4, 3, 2);
  const double scores[] = {0.1, 0.4, 0.3, 0.2};
  std::vector<Job> jobs;
  while (const std::optional<Job> job = halving.next()) {
    jobs.push_back(*job);
    halving.report(*job, scores[job->trial]);
  }
  const std::vector<Job> expected = {{0, 0}, {1, 0}, {1, 1}, {2, 0}, {3, 0}, {2, 1}, {1, 2}};
  EXPECT_EQ(jobs, expected);
  EXPECT_TRUE(halving.finished());
}

TEST(HalvingTest, ATrialThatFailedNeverRises) {
  Halving halving(4, 2, 2);
  std::vector<Job> jobs;
  while (const std::optional<Job> job = halving.next()) {
    jobs.push_back(*job);
    halving.report(*job, job->trial == 2 ? 0.5 : nan_value);
  }
  const std::vector<Job> expected = {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {3, 0}};
  EXPECT_EQ(jobs, expected);
}

TEST(HalvingTest, TheBestTrialReachesTheTopWhateverTheOrder) {
  for (uint64_t order = 0; order < 50; ++order) {
    Halving halving(16, 3, 2);
    std::vector<Job> out;
    int jobs = 0, top_of_best = 0, tops = 0;
    for (uint64_t turn = 0; !halving.finished(); ++turn) {
      while (out.size() < 5) {  // five workers
        const std::optional<Job> job = halving.next();
        if (!job) break;
        out.push_back(*job);
        ++jobs;
      }
      const size_t which = random_words(order, RandomStream::test, 9, turn)[0] % out.size();
      halving.report(out[which], out[which].trial);
      top_of_best += out[which] == Job{15, 2};
      tops += out[which].rung == 2;
      out.erase(out.begin() + ptrdiff_t(which));
    }
    EXPECT_EQ(top_of_best, 1) << "order " << order;
    EXPECT_GE(tops, 4);             // 16 / eta² of them rise at least
    EXPECT_LT(jobs, 16 + 16 + 16);  // and by far not all
  }
}

TEST(HalvingTest, WaitsWhereNothingCanBeDecided) {
  Halving halving(2, 2, 2);
  const Job first = *halving.next(), second = *halving.next();
  EXPECT_FALSE(halving.next());
  EXPECT_FALSE(halving.finished());
  halving.report(second, 1);
  EXPECT_FALSE(halving.next());  // one result of two is not yet half of anything
  halving.report(first, 0);
  EXPECT_EQ(halving.next(), (Job{1, 1}));
  EXPECT_EQ(error_of([&] { halving.report(first, 0); }), "successive halving: a result of trial 0, rung 0, which is not running");
}

TEST(HalvingTest, ARestoredSearchGoesOnWhereItEnded) {
  const double scores[] = {0.1, 0.4, 0.3, 0.2};
  Halving whole(4, 3, 2);
  std::vector<Job> jobs;
  while (const std::optional<Job> job = whole.next()) {
    jobs.push_back(*job);
    whole.report(*job, scores[job->trial]);
  }
  for (size_t kept = 0; kept <= jobs.size(); ++kept) {
    Halving rest(4, 3, 2);
    for (size_t i = 0; i < kept; ++i) rest.restore(jobs[i], scores[jobs[i].trial]);
    std::vector<Job> all(jobs.begin(), jobs.begin() + ptrdiff_t(kept));
    while (const std::optional<Job> job = rest.next()) {
      all.push_back(*job);
      rest.report(*job, scores[job->trial]);
    }
    EXPECT_EQ(all, jobs) << kept << " results kept";
  }
}

// Of four trials three have results: the best two rose, one failed at the top. In whatever order they are restored, no job comes twice, and
// the fourth one rises by its own result.
TEST(HalvingTest, ResultsAreRestoredInAnyOrder) {
  const std::vector<std::pair<Job, double>> results = {{{0, 0}, 0.9}, {{0, 1}, nan_value}, {{1, 0}, 0.7}, {{1, 1}, 0.8}, {{2, 0}, 0.1}};
  std::vector<size_t> order = {0, 1, 2, 3, 4};
  do {
    Halving halving(4, 2, 2);
    for (const size_t i : order) halving.restore(results[i].first, results[i].second);
    ASSERT_EQ(halving.next(), (Job{3, 0})) << testing::PrintToString(order);
    EXPECT_FALSE(halving.next());
    halving.report({3, 0}, 0.95);
    EXPECT_EQ(halving.next(), (Job{3, 1}));
  } while (std::next_permutation(order.begin(), order.end()));
}

// Algorithm 2 of Li et al. a second time: [rung] has results and those that were promoted.
struct PlainHalving {
  int trials, rungs, eta, begun = 0;
  std::map<int, std::map<int, double>> results;
  std::map<int, std::set<int>> promoted;

  std::optional<Job> next() {
    for (int rung = rungs - 2; rung >= 0; --rung) {
      std::multimap<std::pair<double, int>, int> best;  // the largest score first, then the lower number; failed ones last
      for (const auto& [trial, score] : results[rung]) best.insert({{std::isnan(score) ? 1e9 : -score, trial}, trial});
      size_t places = results[rung].size() / size_t(eta);
      for (const auto& [key, trial] : best) {
        if (places-- == 0) break;
        if (key.first < 1e8 && promoted[rung].insert(trial).second) return Job{trial, rung + 1};
      }
    }
    if (begun == trials) return {};
    return Job{begun++, 0};
  }
};

// Any number of workers, who end in any order; equal scores, and failed trials.
TEST(HalvingTest, DecidesLikeThePaper) {
  for (uint32_t round = 0; round < 200; ++round) {
    const Philox4 dice = random_words(3, RandomStream::test, 0, round);
    const int trials = 1 + int(dice[0] % 30), rungs = 1 + int(dice[1] % 4), eta = 2 + int(dice[2] % 3);
    const size_t workers = 1 + dice[3] % 7;
    Halving halving(trials, rungs, eta);
    PlainHalving plain{.trials = trials, .rungs = rungs, .eta = eta, .results = {}, .promoted = {}};
    std::vector<Job> out;
    for (uint32_t turn = 1;; ++turn) {
      while (out.size() < workers) {
        const std::optional<Job> job = halving.next();
        ASSERT_EQ(job, plain.next()) << "round " << round << ", turn " << turn;
        if (!job) break;
        out.push_back(*job);
      }
      ASSERT_EQ(halving.running(), int(out.size()));
      ASSERT_EQ(halving.finished(), out.empty());
      if (out.empty()) break;
      const Philox4 chance = random_words(3, RandomStream::test, turn, round);
      const auto which = out.begin() + ptrdiff_t(chance[0] % out.size());
      const double score = chance[1] % 5 == 0 ? nan_value : double(chance[2] % 6);
      halving.report(*which, score);
      plain.results[which->rung][which->trial] = score;
      out.erase(which);
    }
  }
}

TEST(HalvingTest, EpochsGrowByEta) {
  EXPECT_EQ(Halving::epochs_after(0, 7, 3), 7);
  EXPECT_EQ(Halving::epochs_after(1, 7, 3), 21);
  EXPECT_EQ(Halving::epochs_after(3, 5, 2), 40);
}

TEST(HalvingTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { Halving(0, 1, 2); }), "successive halving: 0 trials, 1 rungs, eta 2");
  Halving halving(3, 2, 2);
  EXPECT_EQ(error_of([&] { halving.report({2, 1}, 1); }), "successive halving: a result of trial 2, rung 1, which is not running");
  for (const Job job : {Job{-1, 0}, Job{3, 0}, Job{0, -1}, Job{0, 2}})
    EXPECT_EQ(error_of([&] { halving.restore(job, 1); }),
              "successive halving: no trial " + std::to_string(job.trial) + ", rung " + std::to_string(job.rung));
}

TEST(HalvingTest, RefusesSenselessNumbers) {
  const auto refusal = [](int trials, int rungs, int eta) { return error_of([&] { Halving(trials, rungs, eta); }); };
  EXPECT_EQ(refusal(0, 1, 2), "successive halving: 0 trials, 1 rungs, eta 2");
  EXPECT_EQ(refusal(1, 0, 2), "successive halving: 1 trials, 0 rungs, eta 2");
  EXPECT_EQ(refusal(1, 1, 1), "successive halving: 1 trials, 1 rungs, eta 1");
  EXPECT_EQ(refusal(1, 1, 2), "");
}

// --- What is told ----------------------------------------------------------------------------------------------------

TEST(SearchProgram, TellsWhatItsFarmReports) {
  // 17.5 s held of twice 12.5 s; number 0 is the manager.
  const FarmReport report{.wall_seconds = 12.5, .held_seconds = {0, 10, 7.5}, .stretches = {0, 5, 4}, .trials = {0, 3, 2}};
  EXPECT_EQ(printed_by([&] { search_program::print_farm(report); }),
            "\nfrom the first hand-out to the last result 12.5 s; teams held a trial 70 % of that time:\n"
            "  team 1: 5 stretches of 3 trials, 10.0 s\n  team 2: 4 stretches of 2 trials, 7.5 s\n");
}

// A search of two trials, by all ranks.
struct Said {
  int status = -1;
  std::string text, error;
};
Said searched() {
  const data_sets::DataSet data({480, 2, 2, 3}, {20, 2, 2, 3});
  Arguments arguments({"--trials", "2", "--rungs", "1", "--device", "cuda", "--data", data.folder});
  devices_made.clear();
  Said said;
  said.text = printed_by([&] {
    said.error = error_of([&] { said.status = search_program::search(*session_of_test, arguments.count(), arguments.values()); });
  });
  return said;
}

// One rank says it for all.
TEST(SearchProgram, HelpsOnce) {
  Arguments arguments({"--help"});
  int status = -1;
  const std::string text = printed_by([&] { status = search_program::search(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_ON_ALL_RANKS(status == 0 && (text.find("\n  --trials N ") != std::string::npos) == (world_rank() == 0) && text.empty() == (world_rank() > 0)) << text;
}

// The GPUs of a node are dealt out among its ranks; the manager needs none.
TEST(SearchProgram, ADeviceIsThatOfTheRankOnItsNode) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a search needs two ranks";
  const Said said = searched();
  EXPECT_ON_ALL_RANKS(said.status == 0) << said.text << said.error;
  const std::vector<std::string> expected(world_rank() > 0, "cuda " + std::to_string(session_of_test->node_rank()));
  EXPECT_ON_ALL_RANKS(devices_made == expected);
  EXPECT_ON_ALL_RANKS((world_rank() == 0) == (said.text.find("\nthe most suitable: ") != std::string::npos)) << said.text;
}

TEST(SearchProgram, TellsWhatDiverged) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a search needs two ranks";
  losses_are_numbers = false;
  const Said said = searched();
  losses_are_numbers = true;
  const bool manager = world_rank() == 0;
  EXPECT_ON_ALL_RANKS(said.error == (manager ? "every trial diverged: no setting was found" : "")) << said.error;
  for (const char* line : {": trial   0,  1 epochs: diverged\n", ": trial   1,  1 epochs: diverged\n"})
    EXPECT_ON_ALL_RANKS(manager == (said.text.find(line) != std::string::npos)) << said.text;
  EXPECT_ON_ALL_RANKS(said.text.find("the most suitable") == std::string::npos) << said.text;
}

// --- The journal -----------------------------------------------------------------------------------------------------

class Journal : public testing::Test {
 protected:
  const std::string file_ =
      testing::TempDir() + "journal_" + std::to_string(world_size()) + "_" + std::to_string(world_rank());
  const std::vector<Trial> trials_ = {random_trial(1, 0), random_trial(1, 1)};
  void TearDown() override { std::remove(file_.c_str()); }

  // The line with its check, FNV-1a over its bytes.
  static std::string checked(const std::string& line) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : line) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
    char check[20];
    std::snprintf(check, sizeof check, ",%016llx", (unsigned long long)hash);
    return line + check;
  }
  std::string text() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Three results of two trials.
  const std::vector<Outcome> results_ = {{.trial = 0, .rung = 0, .epochs = 1, .accuracy = 0.9, .loss = 0.5, .seconds = 2},
                                         {.trial = 1, .rung = 0, .epochs = 1, .failed = 1, .accuracy = nan_value},
                                         {.trial = 0, .rung = 1, .epochs = 2, .accuracy = 0.95, .loss = 0.25, .seconds = 3}};
  void add_from(bool append, size_t first) const {
    SearchJournal journal(file_, append);
    for (size_t i = first; i < results_.size(); ++i) journal.add(trials_[size_t(results_[i].trial)], results_[i], 1);
  }
};

TEST_F(Journal, GivesBackWhatWasWritten) {
  {
    SearchJournal journal(file_, false);
    EXPECT_EQ(text().size(), 84u) << "the names of the fields";
    journal.add(trials_[1], {.trial = 1, .rung = 0, .epochs = 1, .accuracy = 0.91, .loss = 0.5, .seconds = 2},
                3);
    EXPECT_EQ(read_journal(file_, trials_).size(), 1u) << "as it comes, not when the search ends";
  }
  SearchJournal(file_, true)
      .add(trials_[0], {.trial = 0, .rung = 1, .epochs = 2, .failed = 1, .accuracy = nan_value}, 1);
  const auto rate = [&](int i) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", trials_[size_t(i)].learning_rate);
    return text + std::string(",");
  };
  const auto choice = [&](int i) {
    const Trial& t = trials_[size_t(i)];
    return rate(i) + std::to_string(t.width) + "," + std::to_string(t.batch) + "," + std::to_string(t.seed) + ",";
  };
  EXPECT_EQ(text(), "trial,rung,epochs,learning_rate,width,batch,seed,accuracy,loss,seconds,worker,check\n" +
                        checked("1,0,1," + choice(1) + "0.91000000000000003,0.5,2,3") + "\n" + checked("0,1,2," + choice(0) + ",0,0,1") + "\n");
  std::ofstream(file_, std::ios::app) << "1,1,2,0.3";  // the process died here
  const std::vector<Outcome> outcomes = read_journal(file_, trials_);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].trial, 1);
  EXPECT_EQ(outcomes[0].accuracy, 0.91);
  EXPECT_EQ(outcomes[0].failed, 0);
  EXPECT_TRUE(outcomes[0].rung == 0 && outcomes[0].epochs == 1 && outcomes[0].loss == 0.5 && outcomes[0].seconds == 2);
  EXPECT_EQ(outcomes[1].epochs, 2);
  EXPECT_EQ(outcomes[1].rung, 1);
  EXPECT_EQ(outcomes[1].failed, 1);
  EXPECT_TRUE(std::isnan(outcomes[1].accuracy));
}

// The search died at any byte: results whose line is whole are kept, and the record goes on behind them.
TEST_F(Journal, CutAnywhereIsContinued) {
  add_from(false, 0);
  const std::string whole = text();
  for (size_t length = 0; length <= whole.size(); ++length) {
    const std::string kept = whole.substr(0, length);
    std::ofstream(file_) << kept;
    const size_t lines = size_t(std::count(kept.begin(), kept.end(), '\n')), results = lines > 0 ? lines - 1 : 0;
    ASSERT_EQ(read_journal(file_, trials_).size(), results) << "cut at byte " << length;
    add_from(true, results);
    ASSERT_EQ(text(), whole) << "cut at byte " << length;
  }
}

// Any bit of it changes: one line says so, and nothing is read. But for the last line's end: without it the line is a half one.
TEST_F(Journal, WithAChangedBitIsRefused) {
  add_from(false, 0);
  const std::string whole = text();
  for (size_t place = 0; place < whole.size(); ++place)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = whole;
      bad[place] = char(bad[place] ^ 1 << bit);
      std::ofstream(file_, std::ios::binary) << bad;
      size_t read = 0;
      const std::string error = error_of([&] { read = read_journal(file_, trials_).size(); });
      if (place + 1 == whole.size()) {
        EXPECT_TRUE(error.empty() && read == 2) << "bit " << bit << ": " << error;
        continue;
      }
      const bool in_one_line = std::ranges::all_of(error, [](unsigned char c) { return c >= ' ' && c <= '~'; });
      ASSERT_TRUE(error.starts_with(file_) && in_one_line) << "bit " << bit << " of byte " << place << ": " << error;
    }
}

TEST_F(Journal, RefusesWhatBelongsToAnotherSearch) {
  EXPECT_EQ(error_of([&] { read_journal("/nonexistent/record.csv", trials_); }), "/nonexistent/record.csv: cannot be read");
  EXPECT_EQ(error_of([] { SearchJournal("/nonexistent/record.csv", false); }), "/nonexistent/record.csv: cannot be written");
  std::ofstream(file_) << "step,loss\n1,2\n";
  EXPECT_EQ(error_of([&] { read_journal(file_, trials_); }), file_ + ": not a record of a parameter search");
  EXPECT_EQ(error_of([] { SearchJournal("/nonexistent/record.csv", true); }), "/nonexistent/record.csv: cannot be written");

  // Another number, another value of each field that says which trial it was; a field too few, a word for a number.
  const auto refusal = [&](const std::string& line) {
    SearchJournal(file_, false).add(trials_[1], {.trial = 1, .accuracy = 0.9}, 1);
    std::ofstream(file_, std::ios::app) << checked(line) << "\n";
    const std::string error = error_of([&] { read_journal(file_, trials_); });
    return error.substr(std::min(error.size(), file_.size()));
  };
  const auto line_of = [](const Trial& t) {
    char text[160];
    std::snprintf(text, sizeof text, "%d,0,1,%.17g,%d,%d,%d,0.5,1,2,3", t.number, t.learning_rate, t.width, t.batch, t.seed);
    return std::string(text);
  };
  EXPECT_EQ(refusal(line_of(trials_[0])), "");
  const auto other = [&](int number) { return ", line 3: trial " + std::to_string(number) + " belongs to another search (other --seed or --trials?)"; };
  for (int field = 0; field < 6; ++field) {
    Trial t = trials_[1];
    if (field == 0) t.width *= 2;
    if (field == 1) t.batch *= 2;
    if (field == 2) t.seed += 1;
    if (field == 3) t.learning_rate *= 1.001;
    if (field == 4) t.number = 2;
    if (field == 5) t.number = -1;
    EXPECT_EQ(refusal(line_of(t)), other(t.number)) << field;
  }
  for (const std::string& line : {std::string("1,0,1"), line_of(trials_[1]) + ",4", "x" + line_of(trials_[1])})
    EXPECT_EQ(refusal(line), ", line 3: not a result: " + checked(line));
}

// Without a name there is no record, and a full disk is said; also if it is full of results.
TEST_F(Journal, IsOptionalAndKnowsWhenItFails) {
  SearchJournal("", false).add(trials_[0], {}, 1);
  {
    SearchJournal journal(file_, false);
    rlimit usual;
    getrlimit(RLIMIT_FSIZE, &usual);
    const rlimit as_it_is{text().size(), usual.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &as_it_is);
    const std::string error = error_of([&] { journal.add(trials_[0], {}, 1); });
    setrlimit(RLIMIT_FSIZE, &usual);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(error, file_ + ": cannot be written");
  }
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  EXPECT_EQ(error_of([&] { SearchJournal(full.file(), false); }), full.file() + ": cannot be written");
}

}  // namespace
