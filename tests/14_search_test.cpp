// What chapter 14 claims of trials and who runs them: a trial is what it says, a team trains what one rank trains, and a failed trial
// costs itself alone.
// ranks: 1 2 3 5 7
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/14_search/halving.h"
#include "chapters/14_search/team.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/philox.h"
#include "common/timer.h"
#include "tests/device_waits.h"
#include "tests/mpi_expect.h"

// How often a message of the farm was received that nobody had seen before: who waits for it so keeps a core busy. What the guard calls;
// without the guard nothing is seen.
int looks = 0, unseen = 0;
bool seen_before = false;
void note_receive(int tag) {
  if (tag >= 1 && tag <= 3) unseen += !seen_before;  // a stretch, the end, an outcome
  seen_before = false;
}
template <class Function>
Function* of_mpi(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
extern "C" int PMPI_Iprobe(int source, int tag, MPI_Comm comm, int* there, MPI_Status* status) {
  static const auto real = of_mpi(PMPI_Iprobe, "PMPI_Iprobe");
  const int error = real(source, tag, comm, there, status);
  ++looks, seen_before = seen_before || *there;
  return error;
}
extern "C" int PMPI_Recv(void* data, int n, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Status* status) {
  static const auto real = of_mpi(PMPI_Recv, "PMPI_Recv");
  note_receive(tag);
  return real(data, n, type, source, tag, comm, status);
}
extern "C" int PMPI_Irecv(void* data, int n, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Request* request) {
  static const auto real = of_mpi(PMPI_Irecv, "PMPI_Irecv");
  note_receive(tag);
  return real(data, n, type, source, tag, comm, request);
}

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

int world_rank() { return rank_of(MPI_COMM_WORLD); }
int world_size() { return ranks_of(MPI_COMM_WORLD); }

// Images of 6 x 6 pixels whose label is where most of the ink is: something that can be learned.
Dataset synthetic(size_t count) {
  Dataset data;
  data.count = count;
  data.height = data.width = 6;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t label = uint8_t(random_words(5, RandomStream::test, 0, i)[0] % data.classes);
    data.labels.push_back(label);
    for (size_t p = 0; p < data.features(); ++p) {
      const uint32_t noise = random_words(5, RandomStream::test, 1, i * data.features() + p)[0] % 128;
      data.pixels.push_back(uint8_t(noise + (p % data.classes == label ? 127 : 0)));
    }
  }
  return data;
}

// On a grid of this rank alone.
Outcome run_alone(const Stretch& stretch, std::vector<float>& weights, const Dataset& data, const Dataset& validation) {
  CpuDevice device;
  const Grid grid({}, MPI_COMM_SELF);
  return run_stretch(stretch, weights, data, validation, device, grid);
}

TEST(TrialTest, StretchesOfATrialGiveTheBitsOfOne) {
  const Dataset data = synthetic(150), validation = synthetic(40);
  const Trial trial{.number = 3, .width = 16, .batch = 32, .seed = 5, .learning_rate = 0.2};
  std::vector<float> whole, parts;
  const Outcome in_one = run_alone({.trial = trial, .last_epoch = 3}, whole, data, validation);
  run_alone({.trial = trial, .last_epoch = 1}, parts, data, validation);
  const Outcome last = run_alone({.trial = trial, .rung = 1, .first_epoch = 1, .last_epoch = 3}, parts, data, validation);
  EXPECT_TRUE(compare(parts, whole).same_bits());
  EXPECT_EQ(last.accuracy, in_one.accuracy);
  EXPECT_EQ(last.trial, 3);
  EXPECT_EQ(last.rung, 1);

  TrainOptions o;  // and those of the serial run
  o.hidden = {16, 8};
  o.batch = 32, o.seed = 5, o.epochs = 3, o.optimizer.learning_rate = 0.2;
  EXPECT_TRUE(compare(whole, run_serially(o, data).weights).same_bits());
}

// A trial's step waits for its GPU as chapter 10's does: for each loss, for the gradients of three layers that go to other ranks, for weights.
TEST(TrialTest, WaitsForItsGpuOnlyForWhatLeavesIt) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  const Dataset data = synthetic(150), validation = synthetic(40);
  const int replicas = world_size(), micro_batches = 2 * replicas;
  const Grid grid({.data = replicas}, MPI_COMM_WORLD);
  const auto waits = [&](int epochs) {
    std::vector<float> weights;
    const Stretch stretch{.trial = {.width = 16, .batch = 32, .seed = 5, .learning_rate = 0.2}, .last_epoch = epochs};
    return waits_of([&] { run_stretch(stretch, weights, data, validation, *device, grid, micro_batches); });
  };
  waits(1);  // a device's first run waits elsewhere, too
  const unsigned long of_step = 2 * (1 + (replicas > 1 ? 3 : 0)) + (replicas > 1), two = waits(2), five = waits(5);
  EXPECT_ON_ALL_RANKS(five - two == 3 * 5 * of_step) << five - two << ", expected " << 3 * 5 * of_step;
}

double moment = 0;  // of the test's clock, which lets a second pass whenever somebody looks at it
double clock_of_test() { return moment += 1; }
struct TestClock {
  TestClock() { clock_seconds = clock_of_test; }
  ~TestClock() { clock_seconds = usual; }
  double (*const usual)() = clock_seconds;
};

// What the serial run says of the same epochs: how much is right, and the loss of the last one, batch by batch.
TEST(TrialTest, IsJudgedByWhatItLearned) {
  const Dataset data = synthetic(150), validation = synthetic(73);
  const Trial trial{.number = 6, .width = 16, .batch = 32, .seed = 5, .learning_rate = 0.2};
  TrainOptions o;
  o.hidden = {16, 8};
  o.batch = 32, o.seed = 5, o.optimizer.learning_rate = 0.2;
  CpuDevice device;
  const Layout layout = make_layout(o.sizes(data));
  Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  Mlp mlp(device, layout, parameters, gradients, {.rows = 73});
  SoftmaxHead head(device, {.rows = 73});
  for (int epochs : {1, 3}) {
    o.epochs = epochs;
    const std::vector<float> weights = run_serially(o, data).weights;
    device.copy_in(parameters.data(), weights.data(), weights.size());
    const double right = double(count_correct(mlp, validation, {0, 73}));
    o.epochs = epochs - 1;  // the last epoch again
    std::vector<float> before = run_serially(o, data).weights;
    device.copy_in(parameters.data(), before.data(), before.size());
    Optimizer optimizer(device, o.optimizer, layout.count);
    const std::vector<uint32_t> order = permutation(5, uint32_t(epochs - 1), 150);
    double loss = 0;
    for (const Range batch : {Range{0, 32}, {32, 64}, {64, 96}, {96, 128}, {128, 150}}) {
      load_images(mlp, data, order, batch);
      head.load_labels(data, order, batch);
      mlp.forward(int(batch.size()));
      head.backward(mlp, batch.size());
      mlp.backward(Write::overwrite);
      loss += head.loss(mlp, batch.size()) * double(batch.size()) / 150;
      optimizer.step(parameters, gradients);
    }
    const TestClock clock;
    std::vector<float> trained;
    const Outcome outcome = run_alone({.trial = trial, .rung = 2, .last_epoch = epochs}, trained, data, validation);
    EXPECT_TRUE(compare(trained, weights).same_bits());
    EXPECT_EQ(outcome.trial, 6);
    EXPECT_EQ(outcome.rung, 2);
    EXPECT_EQ(outcome.epochs, epochs);
    EXPECT_EQ(outcome.failed, 0);
    EXPECT_EQ(outcome.accuracy, right / 73);
    EXPECT_TRUE(right > 10 && right < 73) << "no good example: " << right;
    EXPECT_NEAR(outcome.loss, loss, 1e-6);
    EXPECT_GE(outcome.seconds, 1);
  }
}

// --- Teams -----------------------------------------------------------------------------------------------------------

TEST(TeamsTest, EveryRankHasItsPlace) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a search needs two ranks";
  for (int size : {1, 2, 3}) {
    if ((world_size() - 1) % size != 0) continue;
    const Teams teams(size, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(teams.manager() == (world_rank() == 0));
    EXPECT_ON_ALL_RANKS(teams.leader() == (world_rank() > 0 && (world_rank() - 1) % size == 0));
    EXPECT_ON_ALL_RANKS((teams.farm() != MPI_COMM_NULL) == (teams.manager() || teams.leader()));
    const bool in_team = !teams.manager();
    EXPECT_ON_ALL_RANKS(!in_team || ranks_of(teams.team()) == size);
    EXPECT_ON_ALL_RANKS(!in_team || rank_of(teams.team()) == (world_rank() - 1) % size);
    const bool in_farm = teams.farm() != MPI_COMM_NULL;
    EXPECT_ON_ALL_RANKS(!in_farm || ranks_of(teams.farm()) == 1 + (world_size() - 1) / size);
    EXPECT_ON_ALL_RANKS(!in_farm || rank_of(teams.farm()) == (teams.manager() ? 0 : 1 + (world_rank() - 1) / size));
  }
}

// What MPI calls when a communicator that has such an attribute is freed.
int forget(MPI_Comm, int, void* freed, void*) { return ++*static_cast<int*>(freed), MPI_SUCCESS; }

TEST(TeamsTest, GiveTheirCommunicatorsBack) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a manager and a worker need two ranks";
  int key = MPI_KEYVAL_INVALID, freed = 0, had = 0;
  MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &key, nullptr));
  {
    const Teams teams(1 + (world_size() == 7), MPI_COMM_WORLD);
    for (MPI_Comm comm : {teams.farm(), teams.team()}) {
      if (comm == MPI_COMM_NULL) continue;
      MPI_CHECK(MPI_Comm_set_attr(comm, key, &freed));
      ++had;
    }
  }
  EXPECT_ON_ALL_RANKS(had > 0 && freed == had) << freed;
  MPI_CHECK(MPI_Comm_free_keyval(&key));
}

TEST(TeamsTest, ARestIsAnError) {
  const std::string said = error_of([] { Teams(world_size(), MPI_COMM_WORLD); });
  const std::string n = std::to_string(world_size()), workers = std::to_string(world_size() - 1);
  EXPECT_ON_ALL_RANKS(said == (world_size() == 1 ? "search needs a manager and a worker, so two ranks or more"
                                                 : n + " ranks are a manager and " + workers +
                                                       " for trials, which cannot be cut into teams of " + n));
}

// The trial of the test above, by a team: with one tensor rank the bits of one rank with the same micro-batches, cut into two
// stretches by the manager, with another trial between them; with two tensor ranks as near as rounding leaves it.
TEST(TeamsTest, TrainWhatOneRankDoes) {
  if (world_size() < 3) GTEST_SKIP() << "skipped: a team of two and a manager need three ranks";
  const Dataset data = synthetic(150), validation = synthetic(40);
  const Trial trial{.number = 0, .width = 16, .batch = 32, .seed = 5, .learning_rate = 0.2};
  TrainOptions o;
  o.hidden = {16, 8};
  o.batch = 32, o.seed = 5, o.epochs = 2, o.micro_batches = 2, o.optimizer.learning_rate = 0.2;
  const SerialRun serial = run_serially(o, data);
  for (const GridShape& shape : {GridShape{2, 1, 1}, {1, 2, 1}, {1, 1, 2}, {3, 1, 1}, {3, 2, 1}}) {
    if ((world_size() - 1) % shape.ranks() != 0) continue;
    const Teams teams(shape.ranks(), MPI_COMM_WORLD);
    std::vector<float> last;
    int stretches = 0;
    if (teams.manager()) {
      Trial slow = trial;  // so it is not the one that rises
      slow.number = 1, slow.learning_rate = 1e-4;
      Halving halving(2, 2, 2);
      const FarmReport report = manage(halving, {trial, slow}, {}, teams.farm());
      stretches = std::accumulate(report.stretches.begin(), report.stretches.end(), 0);
      dismiss(teams.farm());
    } else {
      CpuDevice device;
      const Grid grid(shape, teams.team());
      work_in_team(
          [&](const Stretch& stretch, std::vector<float>& weights) {
            const Outcome outcome = run_stretch(stretch, weights, data, validation, device, grid, 2);
            if (stretch.last_epoch == 2) last = weights;
            return outcome;
          },
          teams);
    }
    EXPECT_ON_ALL_RANKS(!teams.manager() || stretches == 3) << to_string(shape);
    int trained = !last.empty(), all = 0;  // the last stretch is one team's
    MPI_CHECK(MPI_Allreduce(&trained, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
    EXPECT_EQ(all, shape.ranks()) << to_string(shape);
    const bool right = last.empty() || (shape.tensor == 1 ? compare(last, serial.weights).same_bits()
                                                          : compare(last, serial.weights).max_abs < 1e-5);
    EXPECT_ON_ALL_RANKS(right) << to_string(shape);
  }
}

// What fails on all ranks of a team costs that trial alone.
TEST(TeamsTest, AFailedTrialIsAnOutcome) {
  if (world_size() < 3) GTEST_SKIP() << "skipped: a team of two and a manager need three ranks";
  const Teams teams(2, MPI_COMM_WORLD);
  std::vector<Outcome> outcomes;
  testing::internal::CaptureStderr();
  if (teams.manager()) {
    std::vector<Trial> trials(5);
    for (int i = 0; i < 5; ++i) trials[size_t(i)].number = i;
    Halving halving(5, 1, 2);
    FarmOptions options;
    options.result = [&](const Outcome& outcome, int) { outcomes.push_back(outcome); };
    manage(halving, trials, options, teams.farm());
    dismiss(teams.farm());
  } else {
    work_in_team(
        [](const Stretch& stretch, std::vector<float>& weights) {
          if (stretch.trial.number == 2) throw Error("planted");
          weights.assign(1, 0.0f);
          return Outcome{.trial = stretch.trial.number, .accuracy = 0.5};
        },
        teams);
  }
  testing::internal::GetCapturedStderr();
  int failed = 0;
  for (const Outcome& outcome : outcomes) failed += outcome.failed;
  EXPECT_ON_ALL_RANKS(!teams.manager() || (outcomes.size() == 5 && failed == 1));
}

// A CPU on which nothing larger than `most` bytes can be had.
class SmallDevice : public CpuDevice {
 public:
  explicit SmallDevice(size_t most) : most_(most) {}

 protected:
  void* allocate_bytes(size_t bytes) override {
    if (bytes > most_) throw std::bad_alloc();
    return CpuDevice::allocate_bytes(bytes);
  }

 private:
  size_t most_;
};

// The network of trial 1 does not fit on one rank of each team, its leader or the other one; whatever it is that the two share.
TEST(TeamsTest, OneRankWithoutMemoryCostsTheTrialAlone) {
  if (world_size() < 3) GTEST_SKIP() << "skipped: a team of two and a manager need three ranks";
  const Dataset data = synthetic(64), validation = synthetic(20);
  for (const auto& [small, shape] : {std::pair{0, GridShape{2, 1, 1}}, {1, {2, 1, 1}}, {0, {1, 2, 1}}, {1, {1, 1, 2}}}) {
    testing::internal::CaptureStderr();
    const Teams teams(2, MPI_COMM_WORLD);
    std::vector<Outcome> outcomes;
    if (teams.manager()) {
      std::vector<Trial> trials(3);
      for (int i = 0; i < 3; ++i) trials[size_t(i)] = {.number = i, .width = i == 1 ? 512 : 8, .batch = 32, .learning_rate = 0.1};
      Halving halving(3, 1, 2);
      manage(halving, trials, {.result = [&](const Outcome& outcome, int) { outcomes.push_back(outcome); }}, teams.farm());
      dismiss(teams.farm());
    } else {
      SmallDevice device(rank_of(teams.team()) == small ? 50'000 : 100'000'000);
      const Grid grid(shape, teams.team());
      work_in_team(
          [&](const Stretch& stretch, std::vector<float>& weights) {
            return run_stretch(stretch, weights, data, validation, device, grid, 2);
          },
          teams);
    }
    bool as_expected = !teams.manager() || outcomes.size() == 3;
    for (const Outcome& outcome : outcomes) as_expected = as_expected && outcome.failed == (outcome.trial == 1);
    EXPECT_ON_ALL_RANKS(as_expected);
    const std::string said = testing::internal::GetCapturedStderr();  // by the leader of the team that had the trial
    const std::string expected = std::string("trial 1 failed: ") + (small == 0 ? std::bad_alloc().what() : "another rank of the team could not build the network") + "\n";
    int says = said == expected, all = 0;
    MPI_CHECK(MPI_Allreduce(&says, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
    EXPECT_EQ(all, 1) << said;
    EXPECT_TRUE(said.empty() || says) << said;
  }
}

// Weights that go on with a trial: all ranks of a team begin with them, whatever they had before, be it longer or shorter.
TEST(TeamsTest, TheWeightsOfATrialAreThoseOfAllItsRanks) {
  if (world_size() < 3) GTEST_SKIP() << "skipped: a team of two and a manager need three ranks";
  const Teams teams(2, MPI_COMM_WORLD);
  bool right = true;
  int stretches = 0;
  if (teams.manager()) {
    std::vector<Trial> trials(4);
    for (int i = 0; i < 4; ++i) trials[size_t(i)].number = i;
    Halving halving(4, 2, 2);
    const FarmReport report = manage(halving, trials, {}, teams.farm());
    stretches = std::accumulate(report.stretches.begin(), report.stretches.end(), 0);
    dismiss(teams.farm());
  } else {
    work_in_team(
        [&](const Stretch& stretch, std::vector<float>& weights) {
          const int number = stretch.trial.number;
          const std::vector<float> its(size_t(2 + number), float(number));
          right = right && weights == (stretch.first_epoch > 0 ? its : std::vector<float>());
          weights = its;
          return Outcome{.trial = number, .rung = stretch.rung, .accuracy = double(number % 3)};
        },
        teams);
  }
  EXPECT_ON_ALL_RANKS(right);
  EXPECT_ON_ALL_RANKS(!teams.manager() || stretches >= 4 + 2) << stretches;
}

// When all ranks have come so far: whether no message is left, which nobody would receive, or somebody as that of another trial.
bool nothing_is_left() {
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  int there = 0;
  MPI_CHECK(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE));
  return !there;
}

// --- The farm --------------------------------------------------------------------------------------------------------

// A trial whose result is known: its accuracy is its number; its weights count its epochs.
Outcome pretend(const Stretch& stretch, std::vector<float>& weights) {
  if (stretch.first_epoch == 0) weights.assign(size_t(1000 + stretch.trial.number), 0.0f);
  if (weights.size() != size_t(1000 + stretch.trial.number)) throw Error("these are not the trial's weights");
  for (float& w : weights) w += float(stretch.last_epoch - stretch.first_epoch);
  if (stretch.trial.number == 2) throw Error("planted");
  const bool diverged = stretch.trial.number == 4;
  return {.trial = stretch.trial.number,
          .rung = stretch.rung,
          .epochs = int32_t(weights[0]),
          .failed = diverged,
          .accuracy = diverged ? nan_value : double(stretch.trial.number)};
}

// An Error is the trial's; everything else is a fault of the program, and ends it before the stack is unwound.
TEST(Farm, OnlyErrorsCostATrial) {
  std::vector<float> weights;
  testing::internal::CaptureStderr();
  const Stretch stretch{.trial = {.number = 3}, .rung = 2, .first_epoch = 4, .last_epoch = 8};
  const Outcome outcome = run_guarded([](auto&&...) -> Outcome { throw Error("planted"); }, stretch, weights);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "trial 3 failed: planted\n");
  EXPECT_TRUE(outcome.failed && outcome.trial == 3 && outcome.rung == 2 && outcome.epochs == 8 && std::isnan(outcome.accuracy));
  EXPECT_THROW(run_guarded([](auto&&...) -> Outcome { throw std::logic_error("a fault"); }, {}, weights), std::logic_error);
}

TEST(Farm, FailedTrialsCostThemselvesAlone) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a farm needs a manager and a worker";
  constexpr int count = 20, rungs = 3;
  testing::internal::CaptureStderr();  // the planted exception reports itself
  std::vector<Outcome> outcomes;
  const size_t ranks = size_t(world_size());
  std::vector<int> stretches(ranks, 0);  // by worker
  std::vector<std::set<int>> seen(ranks);
  FarmReport report;
  const TestClock clock;  // the manager looks when it begins, at each hand-out, at each result, and in the end
  if (world_rank() == 0) {
    std::vector<Trial> trials(count);
    for (int i = 0; i < count; ++i) trials[size_t(i)].number = i;
    Halving halving(count, rungs, 2);
    FarmOptions options;
    options.result = [&](const Outcome& outcome, int worker) {
      outcomes.push_back(outcome);
      ++stretches[size_t(worker)];
      seen[size_t(worker)].insert(outcome.trial);
    };
    report = manage(halving, trials, options, MPI_COMM_WORLD);
    dismiss(MPI_COMM_WORLD);
  } else {
    work(pretend, MPI_COMM_WORLD);
  }
  const std::string said = testing::internal::GetCapturedStderr();

  int begun = 0, failed = 0, best_at_top = 0;
  bool epochs_right = true;
  for (const Outcome& outcome : outcomes) {
    begun += outcome.rung == 0;
    failed += outcome.failed;
    best_at_top += outcome.trial == count - 1 && outcome.rung == rungs - 1;
    epochs_right = epochs_right && outcome.epochs == 1 << outcome.rung;  // so its weights went on with it
  }
  const bool manager = world_rank() == 0;
  EXPECT_ON_ALL_RANKS(!manager || (begun == count && failed == 2 && best_at_top == 1))
      << begun << " " << failed;
  EXPECT_ON_ALL_RANKS(!manager || epochs_right);
  EXPECT_ON_ALL_RANKS(nothing_is_left());
  std::vector<int> trials;
  for (const std::set<int>& of_worker : seen) trials.push_back(int(of_worker.size()));
  EXPECT_ON_ALL_RANKS(!manager || (report.stretches == stretches && report.trials == trials));
  // A second for each look: two for each stretch. One worker holds its stretch for one second, and is idle for the next one.
  const double n = double(outcomes.size()), held = std::accumulate(report.held_seconds.begin(), report.held_seconds.end(), 0.0);
  EXPECT_ON_ALL_RANKS(!manager || report.wall_seconds == 2 * n + 1) << report.wall_seconds;
  EXPECT_ON_ALL_RANKS(!manager || (world_size() == 2 ? held == n : held >= n && held <= (world_size() - 1) * 2 * n)) << held;
  EXPECT_ON_ALL_RANKS(!manager || report.utilisation() == held / ((world_size() - 1) * (2 * n + 1))) << report.utilisation();
  int says = said.find("trial 2 failed: planted") != std::string::npos, any = 0;
  MPI_CHECK(MPI_Allreduce(&says, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  EXPECT_TRUE(any);
}

// Results come seconds apart, and so do the next stretches: nobody receives what has not been seen by one who sleeps between two looks.
TEST(Farm, WhoWaitsSleeps) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a farm needs a manager and a worker";
  looks = unseen = 0, seen_before = false;
  Outcome asked;
  if (world_rank() == 0) {
    std::vector<Trial> trials(6);
    for (int i = 0; i < 6; ++i) trials[size_t(i)].number = i;
    Halving halving(6, 2, 2);
    manage(halving, trials, {}, MPI_COMM_WORLD);
    asked = ask({.trial = {.number = 9}, .rung = 1, .last_epoch = 7}, MPI_COMM_WORLD);
    dismiss(MPI_COMM_WORLD);
  } else {
    work(
        [](const Stretch& stretch, std::vector<float>& weights) {
          weights.assign(3, 0.0f);
          return Outcome{.trial = stretch.trial.number, .rung = stretch.rung, .epochs = stretch.last_epoch, .accuracy = 0.5};
        },
        MPI_COMM_WORLD);
  }
  const int seen = looks, messages = unseen;
  EXPECT_ON_ALL_RANKS(world_rank() > 0 || (asked.trial == 9 && asked.rung == 1 && asked.epochs == 7 && asked.accuracy == 0.5));
  EXPECT_ON_ALL_RANKS(nothing_is_left());
  if (seen == 0) GTEST_SKIP() << "skipped: without the guard nobody sees what MPI is asked";
  EXPECT_ON_ALL_RANKS(messages == 0) << messages;
}

TEST(Farm, HasNoUseWithoutTime) { EXPECT_EQ((FarmReport{.held_seconds = {0, 1}, .stretches = {}, .trials = {}}).utilisation(), 0); }

// --- Trials ----------------------------------------------------------------------------------------------------------

// Its first batch's step makes the second one's loss infinite: of four batches in each of two epochs no other is begun.
TEST(TrialTest, ADivergingTrialIsAnOutcomeAtOnce) {
  struct Counting : CpuDevice {
    int losses = 0;
    void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float factor, int rows, int classes) override {
      ++losses, ++moment, CpuDevice::softmax_cross_entropy(loss, dz, z, labels, factor, rows, classes);
    }
  } device;
  const Dataset data = synthetic(64);
  std::vector<float> weights;
  const Stretch stretch{.trial = {.width = 16, .batch = 16, .seed = 1, .learning_rate = 1e30}, .last_epoch = 2};
  const TestClock clock;
  clock_seconds = [] { return moment; };  // time passes with each loss alone
  const Outcome outcome = run_stretch(stretch, weights, data, data, device, Grid({}, MPI_COMM_SELF));
  EXPECT_EQ(outcome.failed, 1);
  EXPECT_TRUE(std::isnan(outcome.accuracy));
  EXPECT_EQ(device.losses, 2);
  EXPECT_EQ(outcome.seconds, 2);
}

TEST(PartOf, HoldsTheSamplesOfItsRange) {
  const Dataset data = synthetic(20), part = part_of(data, {5, 12});
  EXPECT_EQ(part.count, 7u);
  EXPECT_EQ(part.labels, std::vector<uint8_t>(data.labels.begin() + 5, data.labels.begin() + 12));
  EXPECT_EQ(part.pixels, std::vector<uint8_t>(data.pixels.begin() + 5 * 36, data.pixels.begin() + 12 * 36));
  EXPECT_TRUE(part.height == 6 && part.width == 6 && part.classes == data.classes);
}

}  // namespace
