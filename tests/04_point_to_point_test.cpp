// Chapter 04: message times and their fit, the ring, transfers of device memory, the parameter server against the serial run,
// successive halving, the farm of trials. Programs as a user meets them are in 04_programs_test.cpp.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/04_point_to_point/gpu_of_rank.h"
#include "chapters/04_point_to_point/halving.h"
#include "chapters/04_point_to_point/message_cost.h"
#include "chapters/04_point_to_point/parameter_server.h"
#include "chapters/04_point_to_point/patience.h"
#include "chapters/04_point_to_point/ring_shift.h"
#include "chapters/04_point_to_point/search_journal.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/04_point_to_point/trial_farm.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/philox.h"
#include "tests/mpi_expect.h"

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

int world_rank() {
  int rank = 0;
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  return rank;
}

int world_size() {
  int size = 0;
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
  return size;
}

// Images of 6 x 6 pixels whose label is where most of the ink is: something that can be learned.
Dataset synthetic(size_t count) {
  Dataset data;
  data.count = count;
  data.height = data.width = 6;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t label = uint8_t(random_words(5, RandomStream::test, 0, i)[0] % Dataset::classes);
    data.labels.push_back(label);
    for (size_t p = 0; p < data.features(); ++p) {
      const uint32_t noise = random_words(5, RandomStream::test, 1, i * data.features() + p)[0] % 128;
      data.pixels.push_back(uint8_t(noise + (p % Dataset::classes == label ? 127 : 0)));
    }
  }
  return data;
}

// --- Which GPU --------------------------------------------------------------------------------------------------------

TEST(GpuOfRank, RanksOfANodeTakeItsGpusInTurn) {
  const int expected[] = {0, 1, 2, 0, 1};
  for (int node_rank = 0; node_rank < 5; ++node_rank)
    EXPECT_EQ(gpu_of_rank(node_rank, 3), expected[node_rank]);
  EXPECT_EQ(gpu_of_rank(2, 0), -1);
  EXPECT_EQ(gpu_of_rank(7, 1), 0);
}

// --- What a message costs --------------------------------------------------------------------------------------------

TEST(FitLine, FindsTheLineThatTimesLieOn) {
  std::vector<MessageTime> times;
  for (size_t bytes = 1; bytes <= 1 << 20; bytes *= 4) times.push_back({bytes, 2e-6 + 3e-10 * double(bytes)});
  const Line line = fit_line(times);
  // The fit of exact data loses some bits of the normal equations, whose condition is about (10^6)² here.
  EXPECT_NEAR(line.alpha, 2e-6, 2e-12);
  EXPECT_NEAR(line.beta, 3e-10, 3e-16);
}

// A long message that is 10 us late must not move the latency of short ones by 10 us.
TEST(FitLine, CountsRelativeErrors) {
  std::vector<MessageTime> times;
  for (size_t bytes = 1; bytes <= 1 << 24; bytes *= 2) times.push_back({bytes, 1e-6 + 1e-10 * double(bytes)});
  times.back().seconds *= 1.05;  // by 84 us, 5 %
  EXPECT_NEAR(fit_line(times).alpha, 1e-6, 0.05e-6);
  EXPECT_NEAR(fit_line(times).beta, 1e-10, 0.05e-10);
}

TEST(FitLine, RefusesWhatIsNoLine) {
  const MessageTime one[] = {{8, 1e-6}}, same[] = {{8, 1e-6}, {8, 2e-6}}, zero[] = {{8, 0}, {16, 1e-6}};
  const MessageTime nan[] = {{8, nan_value}, {16, 1e-6}};
  EXPECT_THROW(fit_line(std::span<const MessageTime>()), Error);
  EXPECT_THROW(fit_line(one), Error);
  EXPECT_THROW(fit_line(same), Error);
  EXPECT_THROW(fit_line(zero), Error);
  EXPECT_THROW(fit_line(nan), Error);
}

TEST(MessageTimes, ArePositiveAndKnownToAll) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  const double small = time_ping_pong(8, 3, MPI_COMM_WORLD),
               large = time_ping_pong(1 << 20, 3, MPI_COMM_WORLD);
  double of_rank_0[] = {small, large};
  MPI_CHECK(MPI_Bcast(of_rank_0, 2, MPI_DOUBLE, 0, MPI_COMM_WORLD));
  EXPECT_ON_ALL_RANKS(of_rank_0[0] == small && of_rank_0[1] == large);
  // More is not certain where ranks share cores. No memory moves a MiB in 5 us.
  EXPECT_ON_ALL_RANKS(small > 0 && large > 5e-6) << small << " and " << large;
}

TEST(EagerLimit, LiesBetweenAnEmptyAndAHugeMessage) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  const size_t most = 1 << 24, limit = eager_limit(most, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(limit > 0 && limit < most) << limit;
}

// --- The ring --------------------------------------------------------------------------------------------------------

class Ring : public testing::TestWithParam<std::string> {};

TEST_P(Ring, HandsEachRankTheVectorOfItsLeftNeighbour) {
  const int rank = world_rank(), size = world_size();
  for (const int n : {0, 1, 1000, 100000}) {
    // It may hang, which is its lesson; MPICH buffers a few bytes for others, but nothing for the rank itself.
    if (GetParam() == "blocking" && (n > 1 || size == 1)) continue;
    std::vector<float> in(size_t(n), -1.0f), out(size_t(n), 1.0f * float(rank));
    ring_shift(in.data(), out.data(), n, ring_way(GetParam()), MPI_COMM_WORLD);
    const std::vector<float> expected(size_t(n), float((rank - 1 + size) % size));
    EXPECT_ON_ALL_RANKS(in == expected) << n << " floats";
    EXPECT_ON_ALL_RANKS(out == std::vector<float>(size_t(n), float(rank)));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Ring, testing::ValuesIn(ring_ways()),
                         [](const auto& way) { return way.param; });

TEST(RingWays, AnUnknownNameIsAnError) { EXPECT_THROW(ring_way("round"), Error); }

// --- Device memory in messages ---------------------------------------------------------------------------------------

// A device whose memory MPI may not touch, as a GPU's: it notes whether the copies were made, in the right order.
class StagedDevice : public CpuDevice {
 public:
  explicit StagedDevice(size_t n) : view_(n, -1.0f) {}
  float* host_view(float*, size_t) override { return view_.data(); }
  void begin_copy_out(float* p, size_t n) override { pending_.assign(p, p + n); }
  void end_copy_out(float*, size_t) override { std::copy(pending_.begin(), pending_.end(), view_.begin()); }
  void begin_copy_in(float*, size_t n) override {
    pending_.assign(view_.begin(), view_.begin() + ptrdiff_t(n));
  }
  void end_copy_in(float* p, size_t) override { std::copy(pending_.begin(), pending_.end(), p); }

 private:
  std::vector<float> view_, pending_;
};

TEST(DeviceTransfer, GoesThroughTheViewOfADevice) {
  const int rank = world_rank(), size = world_size(), n = 1000;
  StagedDevice device(n);
  const Buffer<> p(device, n, Purpose::exchange);
  device.fill(p, float(rank), n);
  // A chain: rank 0 begins, everybody adds 1 on the way.
  bool right = true;
  if (rank > 0) {
    receive_to_device(device, p, n, rank - 1, 1, MPI_COMM_WORLD);
    for (int i = 0; i < n; ++i) right = right && p[i] == float(rank - 1);
    for (int i = 0; i < n; ++i) p[i] += 1;
  }
  if (rank + 1 < size) send_from_device(device, p, n, rank + 1, 1, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(right);
}

TEST(DeviceTransfer, RefusesMoreThanAnMpiCountHolds) {
  StagedDevice device(1);
  EXPECT_THROW(send_from_device(device, nullptr, size_t{1} << 31, 0, 1, MPI_COMM_WORLD), Error);
  EXPECT_THROW(receive_to_device(device, nullptr, size_t{1} << 31, 0, 1, MPI_COMM_WORLD), Error);
}

TEST(GpuSupportOfMpi, IsAnsweredWithAReason) { EXPECT_ON_ALL_RANKS(!mpi_gpu_support().reason.empty()); }

// --- The parameter server --------------------------------------------------------------------------------------------

struct Case {
  int batch, micro_batches;
  const char* optimizer;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.batch << " rows, " << c.micro_batches << " micro-batches, " << c.optimizer;
}

class Parity : public testing::TestWithParam<Case> {};

TrainOptions options_of(const Case& c) {
  TrainOptions o;
  o.hidden = {17, 9};
  o.batch = c.batch;
  o.micro_batches = c.micro_batches;
  o.optimizer.name = c.optimizer;
  o.epochs = 2;
  return o;
}

// The loop of train.cpp; the losses of all steps, and this rank's weights at the end.
std::vector<float> train_by_messages(const TrainOptions& o, const Dataset& data,
                                     std::vector<double>* losses) {
  StagedDevice device(make_layout(o.sizes(data)).count);
  const Layout layout = make_layout(o.sizes(data));
  const Buffer<> parameters(device, layout.count, Purpose::parameters),
      gradients(device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, uint64_t(o.seed));
  device.copy_in(parameters.data(), weights.data(), layout.count);
  device.fill(gradients, std::nanf(""), layout.count);
  const std::unique_ptr<Device> cpu =
      make_cpu_device();  // load_images uses the view, which is small in StagedDevice
  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*cpu, layout, parameters, gradients, space);
  SoftmaxHead head(*cpu, space);
  Optimizer optimizer(*cpu, o.optimizer, layout.count);
  ParameterServer server(device, parameters, gradients, layout.count, MPI_COMM_WORLD);
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), data.count);
    for (const Range batch : batches(data.count, size_t(o.batch))) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, size_t(o.micro_batches), size_t(m));
        if (rows.empty()) continue;
        if (!server.computes(m)) {
          write = server.receive(m, write, &loss);
          continue;
        }
        load_images(mlp, data, order, rows);
        head.load_labels(data, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = server.deliver(&loss);
      }
      if (server.is_here()) optimizer.step(parameters, gradients);
      server.publish(&loss);
      losses->push_back(loss);
    }
  }
  device.copy_out(weights.data(), parameters.data(), layout.count);
  return weights;
}

TEST_P(Parity, EveryRankEndsWithTheBitsOfTheSerialRun) {
  const TrainOptions o = options_of(GetParam());
  const Dataset data = synthetic(101);
  const SerialRun serial = run_serially(o, data);
  ASSERT_ON_ALL_RANKS(compare(serial.weights, serial.initial).max_abs > 1e-3)
      << "training must move the weights";
  std::vector<double> losses;
  const std::vector<float> weights = train_by_messages(o, data, &losses);
  EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
      << compare(weights, serial.weights, serial.initial);

  std::vector<double> of_rank_0 = losses;
  MPI_CHECK(MPI_Bcast(of_rank_0.data(), int(of_rank_0.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD));
  EXPECT_ON_ALL_RANKS(of_rank_0 == losses) << "every rank hears the loss of the step";
  EXPECT_ON_ALL_RANKS(losses.front() > 1 && losses.front() < 4) << losses.front();  // about log 10
}

// Batches that do not divide, fewer rows than micro-batches (some are empty, the first one, too), fewer micro-batches than
// ranks, and an optimizer with a state.
INSTANTIATE_TEST_SUITE_P(Cases, Parity,
                         testing::Values(Case{32, 1, "sgd"}, Case{32, 4, "sgd"}, Case{33, 7, "momentum"},
                                         Case{20, 16, "adam"}, Case{3, 8, "sgd"}));

TEST(SerialRunTest, StretchesOfATrialGiveTheBitsOfOne) {
  const Dataset data = synthetic(150), validation = synthetic(40);
  const Trial trial{.number = 3, .width = 16, .batch = 32, .seed = 5, .learning_rate = 0.2};
  std::vector<float> whole, parts;
  const Outcome in_one = run_stretch({.trial = trial, .last_epoch = 3}, whole, data, validation);
  run_stretch({.trial = trial, .last_epoch = 1}, parts, data, validation);
  const Outcome last =
      run_stretch({.trial = trial, .rung = 1, .first_epoch = 1, .last_epoch = 3}, parts, data, validation);
  EXPECT_TRUE(compare(parts, whole).same_bits());
  EXPECT_EQ(last.accuracy, in_one.accuracy);
  EXPECT_EQ(last.trial, 3);
  EXPECT_EQ(last.rung, 1);

  TrainOptions o;  // and those of the serial run
  o.hidden = {16, 8};
  o.batch = 32, o.seed = 5, o.epochs = 3, o.optimizer.learning_rate = 0.2;
  EXPECT_TRUE(compare(whole, run_serially(o, data).weights).same_bits());
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
  EXPECT_THROW(halving.report(first, 0), Error);
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
  EXPECT_THROW(Halving(4, 3, 2).restore({4, 0}, 1), Error);
  EXPECT_THROW(Halving(4, 3, 2).restore({0, 3}, 1), Error);
}

TEST(HalvingTest, RefusesSenselessNumbers) {
  EXPECT_THROW(Halving(0, 1, 2), Error);
  EXPECT_THROW(Halving(1, 0, 2), Error);
  EXPECT_THROW(Halving(1, 1, 1), Error);
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

TEST(Farm, FailedTrialsCostThemselvesAlone) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a farm needs a manager and a worker";
  constexpr int count = 20, rungs = 3;
  testing::internal::CaptureStderr();  // the planted exception reports itself
  std::vector<Outcome> outcomes;
  FarmReport report;
  if (world_rank() == 0) {
    std::vector<Trial> trials(count);
    for (int i = 0; i < count; ++i) trials[size_t(i)].number = i;
    Halving halving(count, rungs, 2);
    FarmOptions options;
    options.result = [&](const Outcome& outcome, int) { outcomes.push_back(outcome); };
    report = manage(halving, trials, options, MPI_COMM_WORLD);
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
  EXPECT_ON_ALL_RANKS(!manager || std::accumulate(report.stretches.begin(), report.stretches.end(), 0) ==
                                      int(outcomes.size()));
  EXPECT_ON_ALL_RANKS(!manager || (report.utilisation() > 0 && report.utilisation() <= 1))
      << report.utilisation();
  int says = said.find("trial 2 failed: planted") != std::string::npos, any = 0;
  MPI_CHECK(MPI_Allreduce(&says, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  EXPECT_TRUE(any);
}

// --- Trials ----------------------------------------------------------------------------------------------------------

TEST(TrialTest, ADivergingTrialIsAnOutcome) {
  const Dataset data = synthetic(64);
  std::vector<float> weights;
  const Outcome outcome =
      run_stretch({.trial = {.width = 16, .batch = 16, .seed = 1, .learning_rate = 1e30}, .last_epoch = 2},
                  weights, data, data);
  EXPECT_EQ(outcome.failed, 1);
  EXPECT_TRUE(std::isnan(outcome.accuracy));
}

TEST(TrialTest, TrialsFillTheirRange) {
  double lowest = 1e9, highest = 0;
  for (int number = 0; number < 500; ++number) {
    const Trial trial = random_trial(1, number);
    EXPECT_EQ(trial.number, number);
    EXPECT_TRUE(trial.width >= 32 && trial.width <= 256 && trial.batch >= 16 && trial.batch <= 256 &&
                trial.seed >= 1);
    lowest = std::min(lowest, trial.learning_rate), highest = std::max(highest, trial.learning_rate);
    EXPECT_EQ(random_trial(1, number).learning_rate, trial.learning_rate);
  }
  EXPECT_TRUE(lowest >= 0.01 && lowest < 0.012 && highest > 2.5 && highest <= 3) << lowest << " " << highest;
  EXPECT_NE(random_trial(2, 0).learning_rate, random_trial(1, 0).learning_rate);
}

TEST(PartOf, HoldsTheSamplesOfItsRange) {
  const Dataset data = synthetic(20), part = part_of(data, {5, 12});
  EXPECT_EQ(part.count, 7u);
  EXPECT_EQ(part.labels, std::vector<uint8_t>(data.labels.begin() + 5, data.labels.begin() + 12));
  EXPECT_EQ(part.pixels.size(), 7 * data.features());
  EXPECT_EQ(part.pixels.front(), data.pixels[5 * data.features()]);
}

// --- The journal -----------------------------------------------------------------------------------------------------

class Journal : public testing::Test {
 protected:
  const std::string file_ =
      testing::TempDir() + "journal_" + std::to_string(world_size()) + "_" + std::to_string(world_rank());
  const std::vector<Trial> trials_ = {random_trial(1, 0), random_trial(1, 1)};
  void TearDown() override { std::remove(file_.c_str()); }
};

TEST_F(Journal, GivesBackWhatWasWritten) {
  {
    SearchJournal journal(file_, false);
    journal.add(trials_[1], {.trial = 1, .rung = 0, .epochs = 1, .accuracy = 0.91, .loss = 0.5, .seconds = 2},
                3);
  }
  SearchJournal(file_, true)
      .add(trials_[0], {.trial = 0, .rung = 1, .epochs = 2, .failed = 1, .accuracy = nan_value}, 1);
  std::ofstream(file_, std::ios::app) << "1,1,2,0.3";  // the process died here
  const std::vector<Outcome> outcomes = read_journal(file_, trials_);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].trial, 1);
  EXPECT_EQ(outcomes[0].accuracy, 0.91);
  EXPECT_EQ(outcomes[0].failed, 0);
  EXPECT_EQ(outcomes[1].rung, 1);
  EXPECT_EQ(outcomes[1].failed, 1);
  EXPECT_TRUE(std::isnan(outcomes[1].accuracy));
}

TEST_F(Journal, RefusesWhatBelongsToAnotherSearch) {
  EXPECT_THROW(read_journal("/nonexistent/record.csv", trials_), Error);
  EXPECT_THROW(SearchJournal("/nonexistent/record.csv", false), Error);
  SearchJournal(file_, false).add(random_trial(2, 1), {.trial = 1, .accuracy = 0.9}, 1);
  EXPECT_THROW(read_journal(file_, trials_), Error);
  std::ofstream(file_) << "step,loss\n1,2\n";
  EXPECT_THROW(read_journal(file_, trials_), Error);
}

// --- Waiting ---------------------------------------------------------------------------------------------------------

TEST(WaitAsleep, SaysWhoSentWhat) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  bool right = true;
  if (world_rank() == 0) {
    for (int message = 1; message < world_size(); ++message) {
      const MPI_Status status = wait_asleep(MPI_ANY_SOURCE, 7, MPI_COMM_WORLD);
      int number = -1;
      MPI_CHECK(MPI_Recv(&number, 1, MPI_INT, status.MPI_SOURCE, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
      right = right && number == status.MPI_SOURCE && status.MPI_TAG == 7;
    }
  } else {
    const int number = world_rank();
    MPI_CHECK(MPI_Send(&number, 1, MPI_INT, 0, 7, MPI_COMM_WORLD));
  }
  EXPECT_ON_ALL_RANKS(right);
}

}  // namespace
