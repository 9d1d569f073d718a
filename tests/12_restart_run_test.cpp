// What chapter 12 claims of a run: when it saves, what it says, with which status it ends, also where the disk fails and the clock
// jumps; and that it continues where it ended.
// ranks: 1 2 3
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/stop_signal.h"
#include "chapters/12_restart/training_run.h"
#include "common/hash.h"
#include "common/timer.h"
#include "tests/device_waits.h"
#include "tests/grid_runs.h"
#include "tests/hanging_disk.h"

namespace {

namespace fs = std::filesystem;
using grid_runs::rank;
using grid_runs::ranks;

// A program may be told to end something at a place: before its n-th step, its n-th call of the disk, or its n-th message; what it does
// before the first step, reading a checkpoint say, is counted by itself.
enum Place { beginning, step, disk_call, message, kinds_of_place };
std::atomic<size_t> places[kinds_of_place] = {}, deadly_place[kinds_of_place] = {};  // the disk is another thread's
void (*strike)() = [] { raise(SIGKILL); };
void place(Place kind) {
  if (places[step] == 0 && kind != step) kind = beginning;
  if (++places[kind] == deadly_place[kind]) strike();
}

// 7 batches of 29 rows in an epoch, the last one of 26; two epochs.
constexpr size_t last_step = 14;

class Run : public testing::Test {
 protected:
  Run() : data(grid_runs::data()) {
    int id = getpid();
    MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
    folder = testing::TempDir() + "run_test_" + std::to_string(id);
  }
  ~Run() override {
    disk = {};
    clock_seconds = usual_clock;
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank() == 0) fs::remove_all(folder);
    MPI_Barrier(MPI_COMM_WORLD);
  }

  RestartOptions options() const {
    RestartOptions o(ranks());
    o.hidden = {13, 11};
    o.batch = 29;
    o.epochs = 2;
    o.optimizer.name = "momentum";
    o.replicas = ranks(), o.pipeline = o.tensor = 1;
    o.checkpoint = folder;
    o.disk_patience = 1e9;
    return o;
  }
  RestartOptions resumed() const {
    RestartOptions o = options();
    o.resume = true;
    return o;
  }

  struct Ended {
    int status = 0;
    std::string said, error;  // of this rank
    size_t first_step = 0, steps = 0;
    std::vector<float> weights = {};
  };
  // The loop of train.cpp without its report. The last rank receives the signal in step `signalled`, counted over all programs.
  Ended train(RestartOptions o, int signal = 0, size_t signalled = 0) {
    Ended end;
    testing::internal::CaptureStdout();
    end.error = error_of([&] {
      Dataset train = data;
      o.apply(train, ranks());
      CpuDevice device;
      HybridModel model(device, grid_runs::grid_of(o.grid), o.settings());
      TrainingRun run(o, model, train);
      std::cout << "---\n";
      end.first_step = run.steps();
      end.status = -1;
      for (int epoch = run.first_epoch(); epoch < o.epochs && end.status < 0; ++epoch) {
        const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
        for (const Range batch : run.batches_left(epoch)) {
          if (before_step) before_step(run.steps() + 1);
          const bool now = run.steps() + 1 == signalled && rank() == ranks() - 1;
          place(step);
          const int heard = model.step(train, order, batch, now ? signal : 0).signal;
          if (after_step) after_step(run.steps() + 1, model);
          run.step();
          if (heard != 0) {
            end.status = run.stop(heard);
            break;
          }
        }
        if (end.status < 0) run.epoch();
      }
      if (end.status < 0) end.status = run.end();
      end.steps = run.steps();
      end.weights = model.weights();
    });
    end.said = testing::internal::GetCapturedStdout();
    const bool speaks = rank() == 0 || end.said.empty() || end.said == "---\n";
    EXPECT_ON_ALL_RANKS(speaks) << end.said;
    // What the choice of the grid says is chapter 10's.
    if (const size_t line = end.said.find("grid "); line == 0) end.said.erase(0, end.said.find('\n') + 1);
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    return end;
  }

  // The names in the folder, in order.
  std::string names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path().filename());
    std::ranges::sort(all);
    std::string text;
    for (const std::string& name : all) text += (text.empty() ? "" : " ") + name;
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    return text;
  }

  const Dataset data;
  std::string folder;
  std::function<void(size_t)> before_step;
  std::function<void(size_t, HybridModel&)> after_step;
  double (*const usual_clock)() = clock_seconds;
};

// On rank 0, which speaks: the whole text.
#define EXPECT_SAID(run, text) EXPECT_ON_ALL_RANKS(rank() != 0 || (run).said == (text)) << (run).said << "expected:\n" << (text)

// Of the weight at a place of the unsplit network, where this rank has it.
void change_a_bit(HybridModel& model, size_t place) {
  for (const Segment& s : model.segments_to_read())
    if (s.place <= place && place < s.place + s.count) {
      uint32_t bits = 0;
      std::memcpy(&bits, s.memory + (place - s.place), sizeof bits);
      bits ^= 1u << 22;
      std::memcpy(s.memory + (place - s.place), &bits, sizeof bits);
    }
}

std::atomic<double> moment = 0;  // of the test's clock; each flush of a file lets it go on, each time by more
double tick = 0;
double clock_of_test() { return moment; }
int flush_takes_time(int file) {
  moment = moment + (tick += 0.1);
  return fsync(file);
}
const std::string in_no_time = ", each copied in 0 ms, and on the disk after 0 ms\n";
// Renames are counted from 1, and some of them fail.
int renames = 0, failing_first = 0, failing_last = 0;
int rename_may_fail(const char* from, const char* to) {
  errno = ENOSPC;
  return ++renames >= failing_first && renames <= failing_last ? -1 : std::rename(from, to);
}

}  // namespace

// Two flushes for each save on rank 0, of 0.1, 0.2, 0.3, ... seconds: 0.3 s and 0.7 s.
TEST_F(Run, SavesAfterEachEpochAndSaysHowLongThatTakes) {
  moment = tick = 0;
  clock_seconds = clock_of_test;
  disk.flush = flush_takes_time;
  const Ended end = train(options());
  EXPECT_ON_ALL_RANKS(end.status == 0 && end.first_step == 0 && end.steps == last_step) << end.error;
  EXPECT_SAID(end, "---\ncheckpoints: 2 in " + folder + ", each copied in 0 ms, and on the disk after 500 ms\n");
  EXPECT_ON_ALL_RANKS(names() == "step_00000007 step_00000014");
  RestartOptions other = options();
  other.checkpoint += "/other", clock_seconds = [] { return moment = moment + 1; };  // a copy lasts from one reading to the next
  const Ended ticking = train(other);
  EXPECT_ON_ALL_RANKS(rank() != 0 || ticking.said.starts_with("---\ncheckpoints: 2 in " + folder + "/other, each copied in 1000 ms, and")) << ticking.said;
}

// Between checkpoints a step of the main job waits for its GPU as chapter 10's does: through the host for the losses of its micro-batches,
// for the gradients of each layer that go to their owners, for new weights; between GPUs for the losses, once.
TEST_F(Run, WaitsForItsGpuOnlyForWhatLeavesIt) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  for (const std::string exchange : {"host", "auto"}) {
    if (exchange == "auto" && !on_one_host()) continue;
    RestartOptions o = options();
    o.micro_batches = 2 * ranks();
    o.device = "cuda", o.exchange = exchange;
    Dataset train = data;
    testing::internal::CaptureStdout();
    o.apply(train, ranks());
    HybridModel model(*device, grid_runs::grid_of(o.grid), o.settings());
    TrainingRun run(o, model, train);
    testing::internal::GetCapturedStdout();
    const unsigned long layers = o.hidden.size() + 1, by_host = 2 + (ranks() > 1 ? layers + 1 : 0), expected = exchange == "host" ? by_host : 1;
    const std::vector<uint32_t> order = permutation(1, 0, train.count);
    const std::vector<Range> all = run.batches_left(0);
    for (size_t i = 0; i + 1 < all.size() && i < 4; ++i) {
      const unsigned long waits = waits_of([&] { model.step(train, order, all[i]), run.step(); });
      EXPECT_ON_ALL_RANKS(i == 0 || waits == expected) << exchange << ": " << waits << ", expected " << expected;
    }
  }
}

// Steps that --save-every does not divide; the end is saved, and the last three stay.
TEST_F(Run, SavesAfterSoManySteps) {
  RestartOptions o = options();
  o.save_every = 4;
  clock_seconds = [] { return 1e9 - (moment += 1000); };  // it jumps, backwards: nothing but the time that is told hangs on it
  const Ended end = train(o);
  EXPECT_ON_ALL_RANKS(end.status == 0) << end.error;
  EXPECT_ON_ALL_RANKS(rank() != 0 || end.said.starts_with("---\ncheckpoints: 4 in " + folder + ", ")) << end.said;
  EXPECT_ON_ALL_RANKS(names() == "step_00000008 step_00000012 step_00000014");

  clock_seconds = usual_clock;
  o.save_every = 1;
  o.checkpoint += "/other";
  o.keep = 2;
  const Ended each = train(o);
  EXPECT_ON_ALL_RANKS(rank() != 0 || each.said.starts_with("---\ncheckpoints: 14 in ")) << each.said;
  EXPECT_ON_ALL_RANKS(fs::exists(o.checkpoint + "/step_00000013") && !fs::exists(o.checkpoint + "/step_00000012"));
  o.checkpoint = "";
  const Ended none = train(o);
  EXPECT_ON_ALL_RANKS(none.status == 0);
  EXPECT_SAID(none, "---\n");
  EXPECT_ON_ALL_RANKS(compare(none.weights, end.weights).same_bits());
}

TEST_F(Run, ContinuesWhereItWasTold) {
  RestartOptions whole = options();
  whole.checkpoint = "";
  const Ended undisturbed = train(whole);
  for (const auto& [signal, at] : {std::pair{SIGTERM, size_t{5}}, {SIGUSR1, size_t{7}}, {SIGTERM, size_t{8}}}) {
    const std::string name = name_of_signal(signal), step = std::to_string(at);
    const Ended end = train(options(), signal, at);
    EXPECT_ON_ALL_RANKS(end.status == 75 && end.steps == at) << end.error;
    EXPECT_SAID(end, "---\n" + name + ": stopped after step " + step + ", --resume continues from there\n");

    const Ended rest = train(resumed());
    EXPECT_ON_ALL_RANKS(rest.status == 0 && rest.first_step == at && rest.steps == last_step) << rest.error;
    const std::string file = folder + "/step_0000000" + step, so = "continuing after step " + step + ", from " + file + "\n";
    const std::string mean = at == 5   ? "the loss of epoch 1 is the mean over the rest of it, 2 of 7 steps\n"
                             : at == 8 ? "the loss of epoch 2 is the mean over the rest of it, 6 of 7 steps\n"
                                       : "";
    EXPECT_ON_ALL_RANKS(rank() != 0 || rest.said.starts_with(so + mean + "---\ncheckpoints: " + (at == 5 ? "2 in " : "1 in "))) << rest.said;
    EXPECT_ON_ALL_RANKS(compare(rest.weights, undisturbed.weights).same_bits()) << step;

    const Ended nothing = train(resumed());
    EXPECT_ON_ALL_RANKS(nothing.status == 0 && nothing.first_step == last_step);
    EXPECT_SAID(nothing, "continuing after step 14, from " + folder + "/step_00000014\n"
                         "nothing is left to do: --epochs 2 ends with step 14\n---\n");
    EXPECT_ON_ALL_RANKS(compare(nothing.weights, undisturbed.weights).same_bits());
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    if (rank() == 0) fs::remove_all(folder);
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  }
}

TEST_F(Run, GoesOnWhereTheDiskIsFull) {
  clock_seconds = clock_of_test;
  disk.rename = rename_may_fail;
  const auto not_saved = [&](const std::string& step) {
    return "not saved: " + folder + "/step_000000" + step + ": cannot be renamed: No space left on device; ";
  };
  const std::string none = "there is no checkpoint yet\n", one = "checkpoints: 1 in " + folder + in_no_time;
  struct Case {
    int first, last;  // the renames that fail
    int signal, at, save_every, status;
    std::string said, names;
  };
  const Case cases[] = {
      {1, 1, 0, 0, 0, 0, not_saved("07") + none + one, "step_00000014"},
      {2, 9, 0, 0, 0, 1, not_saved("14") + "the checkpoint of step 7 stays\n" + not_saved("14") + "the checkpoint of step 7 stays\n" + one,
       "step_00000007"},
      {1, 9, 0, 0, 0, 1, not_saved("07") + none + not_saved("14") + none + not_saved("14") + none, ""},
      {1, 9, SIGTERM, 5, 0, 1, not_saved("05") + none + "SIGTERM: stopped after step 5, nothing could be saved\n", ""},
      {2, 9, SIGUSR1, 7, 4, 1,
       not_saved("07") + "the checkpoint of step 4 stays\nSIGUSR1: stopped after step 7, --resume continues after step 4\n", "step_00000004"}};
  for (const Case& c : cases) {
    renames = 0, failing_first = c.first, failing_last = c.last;
    RestartOptions o = options();
    o.save_every = c.save_every;
    const Ended end = train(o, c.signal, size_t(c.at));
    EXPECT_ON_ALL_RANKS(end.status == c.status) << end.status << end.error;
    EXPECT_SAID(end, "---\n" + c.said);
    EXPECT_ON_ALL_RANKS(names() == c.names);
    if (rank() == 0) fs::remove_all(folder);
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  }
  RestartOptions o = options();
  o.checkpoint = "";
  const Ended end = train(o, SIGTERM, 5);
  EXPECT_ON_ALL_RANKS(end.status == 1 && end.steps == 5);
  EXPECT_SAID(end, "---\nSIGTERM: stopped after step 5, without a checkpoint (--checkpoint FOLDER)\n");
}

// The disk of the last rank hangs in the checkpoint of step 2, until step 9: the steps go on, the checkpoints of 4, 6 and 8 are passed
// over, that of step 2 is there in the end, and so is the last one.
TEST_F(Run, GoesOnWhileTheDiskHangs) {
  RestartOptions o = options();
  o.save_every = 2;
  o.keep = 100;
  o.checkpoint = "";
  const Ended undisturbed = train(o);
  o.checkpoint = folder;
  o.disk_patience = 0;
  if (rank() == ranks() - 1) hangs = true, disk.flush = hanging_flush;
  before_step = [&](size_t step) { hangs = hangs && step < 9; };
  const Ended end = train(o);
  EXPECT_ON_ALL_RANKS(end.status == 0) << end.error;
  std::string said = "---\n";
  for (const char* step : {"4", "6", "8"}) said += "not saved: step " + std::string(step) + ": the disk is still busy with step 2\n";
  EXPECT_ON_ALL_RANKS(rank() != 0 || end.said.starts_with(said)) << end.said;
  const std::string all = names();
  EXPECT_ON_ALL_RANKS(all.starts_with("step_00000002 ") && all.ends_with("step_00000014") && all.find("step_00000008") == std::string::npos) << all;
  EXPECT_ON_ALL_RANKS(compare(end.weights, undisturbed.weights).same_bits());

  // With patience the next one waits for the disk; told to stop it waits, too.
  if (rank() == 0) fs::remove_all(folder);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  o.disk_patience = 1e9;
  before_step = nullptr;
  disk.flush = [](int file) { return usleep(20000), fsync(file); };
  const Ended patient = train(o, SIGTERM, 5);
  EXPECT_ON_ALL_RANKS(patient.status == 75);
  EXPECT_SAID(patient, "---\nSIGTERM: stopped after step 5, --resume continues from there\n");
  EXPECT_ON_ALL_RANKS(names() == "step_00000002 step_00000004 step_00000005");
}

TEST_F(Run, SaysHowItBegins) {
  clock_seconds = clock_of_test;
  const std::string one = "---\ncheckpoints: 1 in " + folder + in_no_time;
  RestartOptions over = options(), again = resumed();
  over.epochs = again.epochs = 0;
  over.start_over = true;
  for (const std::string& said : {std::string(), "the checkpoints that were there are in " + folder + "/before_1\n"}) {
    const Ended end = train(over);
    EXPECT_SAID(end, said + one);
  }
  EXPECT_ON_ALL_RANKS(names() == "before_1 step_00000000");
  again.reproducible = true;
  const Ended more = train(again);
  EXPECT_SAID(more, "continuing after step 0, from " + folder + "/step_00000000\n--reproducible yes: " + folder +
                        "/step_00000000 was written with --reproducible no, so the last bits are not those of a run without a break\n"
                        "nothing is left to do: --epochs 0 ends with step 0\n---\n");
  again.checkpoint += "/other";
  const Ended fresh = train(again);
  EXPECT_SAID(fresh, "no checkpoint in " + folder + "/other: starting from the beginning\n---\ncheckpoints: 1 in " + folder +
                         "/other" + in_no_time);

  const Ended unasked = train(options());
  EXPECT_ON_ALL_RANKS(unasked.error == folder + ": holds checkpoints: --resume continues from the newest, --start-over moves them to " +
                                           folder + "/before_1 (or the next number) and begins anew")
      << unasked.error;
  over.resume = true;
  EXPECT_ON_ALL_RANKS(train(over).error == "--resume continues a run, --start-over begins a new one: choose one of them");
  over.checkpoint = "";
  over.resume = false;
  EXPECT_ON_ALL_RANKS(train(over).error == "--start-over: in which --checkpoint folder?");
  again.checkpoint = "";
  EXPECT_ON_ALL_RANKS(train(again).error == "--resume: from which --checkpoint folder?");
}

// A bit of the last rank's weights changes after a step, in each layer's part that it owns, or in another rank's. Before a save the
// comparison sees it, and the run that is started again ends with the right bits. A step later it is overwritten, or everybody has it.
TEST_F(Run, SavesOnlyWhatItsReplicasAgreeOn) {
  RestartOptions o = options();
  o.save_every = 4;
  o.keep = 100;
  o.checkpoint = "";
  const Ended undisturbed = train(o);
  o.checkpoint = folder;
  for (const size_t at : {size_t{8}, size_t{9}})
    for (const size_t place : {size_t{0}, size_t{17 * 13 - 1}}) {  // of the first layer, of data rank 0 and of the last one
      after_step = [&](size_t step, HybridModel& model) {
        if (step == at && rank() == ranks() - 1) change_a_bit(model, place);
      };
      const Ended end = train(o);
      after_step = nullptr;
      const std::string who = ranks() == 2 ? "0, 1 differ from each other"
                                           : std::to_string(ranks() - 1) + " differ from those of the others";
      const std::string named = "after step 8 the weights of rank " + who + ": not saved";
      const bool seen = ranks() > 1 && at == 8;
      EXPECT_ON_ALL_RANKS(end.error == (seen ? named : "")) << end.error;
      EXPECT_ON_ALL_RANKS(fs::exists(folder + "/step_00000004") && fs::exists(folder + "/step_00000008") == !seen);
      if (seen) {
        RestartOptions again = o;
        again.resume = true;
        const Ended rest = train(again);
        EXPECT_ON_ALL_RANKS(rest.first_step == 4 && rest.status == 0) << rest.error;
        EXPECT_ON_ALL_RANKS(compare(rest.weights, undisturbed.weights).same_bits());
      } else {
        EXPECT_ON_ALL_RANKS(end.status == 0 && !compare(end.weights, undisturbed.weights).same_bits());
      }
      MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
      if (rank() == 0) fs::remove_all(folder);
      MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    }
}

// As long as one rank of another run lives; whoever asks only, does not write. Of whom waits the patience ends, or the other run.
TEST_F(Run, HasItsFolderForItself) {
  fs::create_directories(folder);
  RestartOptions o = options(), again = resumed();
  o.epochs = again.epochs = 0;
  std::optional<FolderLock> other;
  other.emplace(folder, 0, MPI_COMM_WORLD);
  for (const bool alone : {false, true}) {
    if (alone && rank() != ranks() - 1) other.reset();
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    RestartOptions impatient = o;
    impatient.disk_patience = 0;
    const Ended refused = train(impatient);
    EXPECT_ON_ALL_RANKS(refused.error == folder + ": another run writes into it; wait for its end, or choose another --checkpoint folder")
        << refused.error;
  }
  std::thread leaves([&] { usleep(100000), other.reset(); });
  const Ended waited = train(o);
  leaves.join();
  EXPECT_ON_ALL_RANKS(waited.error.empty() && waited.status == 0) << waited.error;
  const Ended next = train(again);
  EXPECT_ON_ALL_RANKS(next.error.empty() && next.status == 0) << next.error;
}

// Every option that determines a run is in the header, and another value of it is refused.
TEST_F(Run, IsThatOfItsOptions) {
  RestartOptions first = options();
  first.epochs = 0;
  first.micro_batches = 2 * ranks();
  train(first);
  const std::string micro_batches = std::to_string(2 * ranks());
  const std::vector<std::pair<std::string, std::string>> all = {
      {"hidden", "13,11"}, {"batch", "29"}, {"micro-batches", micro_batches}, {"optimizer", "momentum"}, {"learning-rate", "0.1"},
      {"momentum", "0.9"}, {"clip-norm", "0"}, {"train-samples", "200"}, {"seed", "1"}, {"reproducible", "no"}, {"device", "cpu"}, {"replicas", std::to_string(ranks())}, {"tensor", "1"}, {"levels", "1"}};
  {
    RestartOptions o = resumed();
    Dataset d = data;
    testing::internal::CaptureStdout();
    o.apply(d, ranks());
    testing::internal::GetCapturedStdout();
    const CheckpointHeader h = o.header(123);
    EXPECT_ON_ALL_RANKS(h.options == all && o.found.header.options == all);
    EXPECT_ON_ALL_RANKS(h.sizes == (std::vector<int>{17, 13, 11, 10}) && h.vectors == 2 && h.step == 123 && h.data == data_of(data));
  }

  const auto refusal = [&](auto change) {
    RestartOptions other = resumed();
    change(other);
    const std::string error = train(other).error;
    return error.substr(0, error.find(':'));
  };
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.hidden = {13, 12}; }) == "--hidden 13,12");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.hidden = {}; }) == "--hidden none");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.batch = 30; }) == "--batch 30");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.micro_batches = 3 * ranks(); }) == "--micro-batches " + std::to_string(3 * ranks()));
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.optimizer.name = "adam"; }) == "--optimizer adam");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.optimizer.learning_rate = 0.05; }) == "--learning-rate 0.05");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.optimizer.momentum = 0.99; }) == "--momentum 0.99");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.optimizer.clip_norm = 2.5; }) == "--clip-norm 2.5");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.train_samples = 199; }) == "--train-samples 199");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions& r) { r.seed = 2; }) == "--seed 2");
  EXPECT_ON_ALL_RANKS(refusal([](RestartOptions&) {}) == "");
}

// A program for 12_programs_test.cpp: the last rank's disk needs three seconds for each flush, also for that of the end.
TEST_F(Run, DISABLED_HasASlowDisk) {
  RestartOptions o = options();
  o.epochs = 1;
  o.checkpoint = std::getenv("FOLDER");
  if (rank() == ranks() - 1) disk.flush = [](int file) { return sleep(3), fsync(file); };
  const Ended end = train(o);
  EXPECT_ON_ALL_RANKS(end.status == 0) << end.said << end.error;
}

namespace {

// All processes of this host, this one last: of those that have the same network, see common/cluster.
void strike_host() {
  const auto network = [](const std::string& process) {
    std::error_code ignored;
    return fs::read_symlink("/proc/" + process + "/ns/net", ignored);
  };
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string process = entry.path().filename();
    const int id = std::atoi(process.c_str());
    if (id > 1 && id != getpid() && network(process) == network("self")) kill(id, SIGKILL);
  }
  raise(SIGKILL);
}

}  // namespace

// The program that the tests of kills start, see kills.h.  FOLDER: of its checkpoints.  GRID: replicas, pipeline, tensor, reproducible.
// STRIKE: the rank that does it, the kind of the place, its number, and what is struck: rank, launcher, host, or a bit of its weights after
// that step.  LAUNCHER: its process.
TEST_F(Run, DISABLED_StrikesWhereItIsTold) {
  RestartOptions o = resumed();
  o.save_every = 2;
  o.micro_batches = 4;
  int reproducible = 0, who = 0, kind = 0;
  ASSERT_EQ(std::sscanf(std::getenv("GRID"), "%ld %ld %ld %d", &o.replicas, &o.pipeline, &o.tensor, &reproducible), 4);
  size_t there = 0;
  char what[20] = "";
  ASSERT_EQ(std::sscanf(std::getenv("STRIKE"), "%d %d %zu %19s", &who, &kind, &there, what), 4);
  o.reproducible = reproducible;
  o.checkpoint = std::getenv("FOLDER");
  if (std::string(what) == "launcher") strike = [] { kill(std::atoi(std::getenv("LAUNCHER")), SIGKILL); };
  if (std::string(what) == "host") strike = strike_host;
  const bool bit = std::string(what) == "bit";
  if (bit) after_step = [&](size_t, HybridModel& model) {
    if (rank() == who && places[step] == there) change_a_bit(model, 0);
  };
  if (rank() == who && !bit) deadly_place[kind] = there;
  disk.write = [](int file, const void* bytes, size_t count, off_t at) { return place(disk_call), pwrite(file, bytes, count, at); };
  disk.flush = [](int file) { return place(disk_call), fsync(file); };
  disk.cut = [](int file, off_t length) { return place(disk_call), ftruncate(file, length); };
  disk.close = [](int file) { return place(disk_call), close(file); };
  disk.read = [](int file, void* bytes, size_t count, off_t at) { return place(disk_call), pread(file, bytes, count, at); };
  disk.rename = [](const char* from, const char* to) { return place(disk_call), std::rename(from, to); };
  disk.flush_folder = [](int opened) { return place(disk_call), fsync(opened); };
  disk.remove = [](const char* file) { return place(disk_call), std::remove(file); };
  const Ended end = train(o);
  uint64_t fewest[kinds_of_place];
  for (int k = 0; k < kinds_of_place; ++k) fewest[k] = places[k];
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, fewest, kinds_of_place, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD));
  EXPECT_ON_ALL_RANKS(end.error.empty());
  if (rank() != 0) return;  // one rank speaks, in one piece
  char text[200];
  const int length = std::snprintf(text, sizeof text, "\nstatus %d, weights %016llx, places", end.status, (unsigned long long)hash_bits(end.weights));
  std::string all = end.said + end.error + std::string(text, size_t(length));
  for (uint64_t number : fewest) all += " " + std::to_string(number);
  std::cout << all + "\n" << std::flush;
}

// The program of 12_restart_goodput_long_test.cpp, one attempt in virtual time, of which a step takes one second.  LAW: the time of its failure,
// of a checkpoint and of a restart; the rank that fails; the steps between checkpoints.  It writes into FOLDER.done what
// it has done, a letter for each step and each checkpoint.
TEST_F(Run, DISABLED_FailsByTheLaw) {
  double left = 0, of_checkpoint = 0, of_restart = 0;
  int who = 0;
  size_t interval = 0;
  ASSERT_EQ(std::sscanf(std::getenv("LAW"), "%lf %lf %lf %d %zu", &left, &of_checkpoint, &of_restart, &who, &interval), 5);
  const auto pass = [&](double seconds) {
    if (!(left > seconds) && rank() == who) raise(SIGKILL);
    left -= seconds;
  };
  const auto done = [&](char what) {
    if (rank() == who) std::ofstream(std::string(std::getenv("FOLDER")) + ".done", std::ios::app) << what;
  };
  pass(of_restart);
  RestartOptions o = resumed();
  o.checkpoint = std::getenv("FOLDER");
  o.epochs = 20;
  o.save_every = 1'000'000;  // each is waited for instead
  Dataset train = data;
  o.apply(train, ranks());
  CpuDevice device;
  HybridModel model(device, grid_runs::grid_of(o.grid), o.settings());
  TrainingRun run(o, model, train);
  for (int epoch = run.first_epoch(); epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : run.batches_left(epoch)) {
      const bool saves = (run.steps() + 1) % interval == 0;
      pass(saves ? 1 + of_checkpoint : 1);
      model.step(train, order, batch);
      run.step();
      done('s');
      if (!saves) continue;
      ASSERT_EQ(run.end(), 0);
      done('c');
    }
  }
  EXPECT_EQ(run.steps(), 140u);
}

// What a rank sends, alone or with all others; where the guard is linked (it calls MPI by these names).
#define COUNTED(name, parameters, arguments)                                      \
  extern "C" int name parameters {                                                \
    static const auto of_mpi = (int(*) parameters)dlsym(RTLD_NEXT, #name);        \
    place(message);                                                               \
    return of_mpi arguments;                                                      \
  }
COUNTED(PMPI_Isend, (const void* a, int b, MPI_Datatype c, int d, int e, MPI_Comm f, MPI_Request* g), (a, b, c, d, e, f, g))
COUNTED(PMPI_Send, (const void* a, int b, MPI_Datatype c, int d, int e, MPI_Comm f), (a, b, c, d, e, f))
COUNTED(PMPI_Allreduce, (const void* a, void* b, int c, MPI_Datatype d, MPI_Op e, MPI_Comm f), (a, b, c, d, e, f))
COUNTED(PMPI_Iallreduce, (const void* a, void* b, int c, MPI_Datatype d, MPI_Op e, MPI_Comm f, MPI_Request* g), (a, b, c, d, e, f, g))
COUNTED(PMPI_Ibcast, (void* a, int b, MPI_Datatype c, int d, MPI_Comm e, MPI_Request* f), (a, b, c, d, e, f))
COUNTED(PMPI_Igather, (const void* a, int b, MPI_Datatype c, void* d, int e, MPI_Datatype f, int g, MPI_Comm h, MPI_Request* i),
        (a, b, c, d, e, f, g, h, i))
