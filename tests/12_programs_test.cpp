// The programs of chapter 12 as a user meets them: launched, with their output and status; stopped, continued, mistreated.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/options_told.h"
#include "tests/program.h"
#include "tests/ranks_of_job.h"

namespace {

namespace fs = std::filesystem;

// These programs are MPI jobs of their own, whatever job this test may be part of. They wait for all their messages, and free communicators.
const std::string outside = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD ";
std::string command(int ranks, const std::string& program) {
  return outside + "GUARD_LEFTOVERS=1 GUARD_FORBIDS=unfreed sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() + "/chapters/12_restart/" + program;
}
ProgramRun launch(int ranks, const std::string& program) { return run_program(command(ranks, program)); }

// The word that follows `mark` in a run's output.
std::string word_after(const ProgramRun& run, const std::string& mark) {
  const size_t found = run.output.rfind(mark);
  if (found == std::string::npos) return "none";
  const size_t begin = found + mark.size();
  return run.output.substr(begin, run.output.find_first_of(" \n", begin) - begin);
}
std::string hash_of_weights(const ProgramRun& run) { return word_after(run, "; weights "); }

// A folder for the checkpoints of a test.
class Programs : public testing::Test {
 protected:
  Programs() : folder(testing::TempDir() + "programs_" + std::to_string(getpid())) {}
  ~Programs() override { fs::remove_all(folder); }
  std::string checkpoint() const { return "--checkpoint " + folder + " "; }
  size_t checkpoints() const {
    size_t n = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++n;
    return n;
  }
  const std::string folder;
};

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 47 --epochs 2 --data " + data_sets::first_images() + " ";

TEST_F(Programs, PrintWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(launch(3, "train --compare-with-serial" + run.options()), run, 3), "");
}

// The second epoch of three: its loss, its right answers, and how many steps that were.
TEST_F(Programs, AContinuedRunPrintsWhatAPlainLoopComputes) {
  plain::Run run = plain::runs()[1];
  const std::string options = "train --replicas 3" + run.options() + "--log " + folder + ".csv " + checkpoint();
  launch(3, options + "--epochs 1");
  const ProgramRun second = launch(3, options + "--resume");
  const Dataset data = read_mnist_train(data_sets::first_images()), test = read_mnist_test(data_sets::first_images(), data);
  const plain::Epoch expected = plain::train(run, data, test)[1];
  double loss = 0, correct = 0, steps = 0;
  const size_t line = std::min(second.output.size(), second.output.find("epoch   2"));
  EXPECT_EQ(std::sscanf(second.output.c_str() + line, "epoch 2 loss %lf test accuracy %*f %% (%lf of", &loss, &correct), 2) << second.output;
  EXPECT_EQ(std::sscanf(second.output.c_str() + std::min(second.output.size(), second.output.find("trained ")), "trained %lf steps", &steps), 1);
  EXPECT_NEAR(loss, expected.loss, 0.0002);
  EXPECT_NEAR(correct, double(expected.correct), 3);
  EXPECT_EQ(steps, 8);
  std::ifstream log(folder + ".csv");  // steps 1 to 16, of which 8 and 16 once more with the accuracy of an epoch
  std::string numbers, expected_numbers = "step ";
  for (std::string row; std::getline(log, row);) numbers += row.substr(0, row.find(',')) + " ";
  for (int step = 1; step <= 16; ++step) expected_numbers += (step % 8 ? "" : std::to_string(step) + " ") + std::to_string(step) + " ";
  EXPECT_EQ(numbers, expected_numbers);
  fs::remove(folder + ".csv");
}

TEST_F(Programs, BadChoicesEndWithOneLine) {
  for (const std::string& option : {std::string("--resume"), std::string("--keep 0"), std::string("--save-every -1"),
                                    std::string("--start-over"), "--resume --start-over " + checkpoint(),
                                    std::string("--checkpoint /dev/null/x")}) {
    const ProgramRun run = launch(2, quick + option);
    EXPECT_EQ(run.status, 1) << option << "\n" << run.output;
    EXPECT_EQ(run.lines(), 1u) << option << "\n" << run.output;
  }
}

TEST_F(Programs, HaveTheseOptions) {
  for (const char* help : {"train --help", "predict --help"}) EXPECT_EQ(launch(1, help).status, 0);
  const std::string train = options_told(launch(1, "train --help").output);
  EXPECT_TRUE(train.ends_with("precision float|bf16|half|half-flushed [float]\nloss-scale X (1e-18 to 1e+18) [1]\ndynamic\n"
                             "good-steps N (at least 1) [500]\ninstruction auto|yes|no [auto]\nmessages float|bf16 [float]\ncheckpoint TEXT\nsave-every N (at least 0) [0]\nkeep N (1 to 1000) [3]\ndisk-patience X (at least 0) [30]\nresume\nstart-over\n"
                             "plan N (at least 0) [0]\n")) << train;
  EXPECT_EQ(options_told(launch(1, "predict --help").output),
            "checkpoint TEXT [build/checkpoint]\ndevice cpu|cuda [cpu]\nimages TEXT [build/data/t10k-images-idx3-ubyte]\nlabels TEXT\n"
            "first N (at least 0) [0]\nshow N (at least 0) [1]\ninvert\n");
}

// ---- checkpoints ----

TEST_F(Programs, AContinuedRunEndsWithTheSameBits) {
  const std::string same = quick + "--micro-batches 4 --reproducible --optimizer momentum ";
  const std::string hash = hash_of_weights(launch(1, same));
  EXPECT_EQ(launch(2, same + "--replicas 2 --epochs 1 " + checkpoint()).status, 0);
  const ProgramRun second = launch(2, same + "--pipeline 2 --resume " + checkpoint());
  EXPECT_EQ(second.status, 0) << second.output;
  EXPECT_TRUE(contains(second.output, "continuing after step 13"));
  EXPECT_EQ(hash_of_weights(second), hash) << second.output;
}

TEST_F(Programs, ACheckpointOfOtherOptionsIsRefusedInOneLine) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const ProgramRun run = launch(2, quick + "--seed 2 --resume " + checkpoint());
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(run.output, "--seed 2: "));
  EXPECT_TRUE(contains(run.output, "was written with --seed 1"));
}

TEST_F(Programs, AFolderWithCheckpointsIsNotWrittenToUnasked) {
  launch(1, quick + checkpoint());
  const ProgramRun unasked = launch(2, quick + "--epochs 0 --seed 2 " + checkpoint());
  EXPECT_EQ(unasked.status, 1);
  EXPECT_EQ(unasked.lines(), 1u) << unasked.output;
  EXPECT_TRUE(contains(unasked.output, "--resume") && contains(unasked.output, "--start-over"));
  EXPECT_EQ(checkpoints(), 2u);

  const ProgramRun over = launch(2, quick + "--epochs 1 --seed 2 --start-over " + checkpoint());
  EXPECT_EQ(over.status, 0) << over.output;
  EXPECT_TRUE(contains(over.output, "the checkpoints that were there are in " + folder + "/before_1\n"));
  EXPECT_TRUE(fs::exists(folder + "/before_1/step_00000026") && fs::exists(folder + "/step_00000013")) << over.output;
  EXPECT_TRUE(contains(launch(2, quick + "--seed 2 --resume " + checkpoint()).output, "continuing after step 13"));
}

// A run starts over, and is killed before it has saved anything: the old one can still be continued.
TEST_F(Programs, AfterAKilledStartOverTheOldRunIsFound) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const std::string mark = "--seed " + std::to_string(1000000 + getpid());
  run_program("(" + command(1, quick + mark + " --epochs 100000 --save-every 1000000 --start-over " + checkpoint()) + ") & "
              "for i in $(seq 600); do test -e " + folder + "/before_1/step_00000013 && break; sleep 0.1; done; "
              "kill -KILL $(pgrep -f '^" + build_folder() + "/chapters/12_restart/train .*" + mark + "'); wait");
  EXPECT_FALSE(fs::exists(folder + "/step_00000013"));
  const ProgramRun run = launch(2, quick + "--resume " + checkpoint());
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "continuing after step 13, from " + folder + "/before_1/step_00000013"));
  EXPECT_TRUE(fs::exists(folder + "/before_1/step_00000013") && fs::exists(folder + "/step_00000026")) << run.output;
}

TEST_F(Programs, AContinuedRunSaysWhatIsUnusual) {
  launch(1, quick + "--save-every 8 " + checkpoint());
  const ProgramRun nothing = launch(2, quick + "--epochs 1 --resume --tensor 2 " + checkpoint());
  EXPECT_EQ(nothing.status, 0) << nothing.output;
  EXPECT_TRUE(contains(nothing.output, "continuing after step 26"));
  EXPECT_TRUE(contains(nothing.output, "nothing is left to do: --epochs 1 ends with step 13\n"));
  EXPECT_TRUE(contains(launch(1, quick + "--resume " + checkpoint()).output, "nothing is left to do: --epochs 2 ends with step 26\n"));

  fs::remove(folder + "/step_00000026");
  const ProgramRun rest = launch(2, quick + "--resume --replicas 2 --micro-batches 1 --reproducible " + checkpoint());
  EXPECT_TRUE(contains(rest.output, "continuing after step 24"));
  EXPECT_TRUE(contains(rest.output, "the loss of epoch 2 is the mean over the rest of it, 2 of 13 steps\n"));
  EXPECT_TRUE(contains(rest.output, "--reproducible yes: " + folder + "/step_00000024 was written with --reproducible no"));
}

TEST_F(Programs, ACheckpointOfOtherDataIsRefusedInOneLine) {
  const data_sets::Half train{320, 7, 5, 5}, test{40, 7, 5, 5};
  const std::string options = "train --hidden 8 --batch 48 --resume " + checkpoint() + "--data ";
  {
    const data_sets::DataSet data(train, test);
    EXPECT_EQ(launch(1, options + data.folder + " --epochs 1").status, 0);
  }
  for (const auto& [height, width, classes] : {std::array{5u, 7u, 5u}, {7u, 5u, 4u}, {7u, 6u, 5u}}) {
    const data_sets::DataSet data({320, height, width, classes}, {40, height, width, classes});
    const ProgramRun run = launch(2, options + data.folder + " --epochs 2 --replicas 2 --micro-batches 1");
    EXPECT_EQ(run.status, 1);
    EXPECT_TRUE(contains(run.output, "was trained on other data: 320 x 7 x 5 pixels, 5 classes, checksum "));
    EXPECT_TRUE(contains(run.output, "here are 320 x " + std::to_string(height) + " x " + std::to_string(width)));
    const std::string half = " --images " + data.folder + "/t10k-images-idx3-ubyte";
    const ProgramRun predict = launch(1, "predict " + checkpoint() + half);
    EXPECT_EQ(predict.status, height == 7 && width == 5 ? 0 : 1) << predict.output;
  }
  const data_sets::DataSet more({320, 7, 5, 6}, {40, 7, 5, 6});
  const ProgramRun labels = launch(1, "predict " + checkpoint() + " --images " + more.folder + "/t10k-images-idx3-ubyte --labels " +
                                          more.folder + "/t10k-labels-idx1-ubyte");
  EXPECT_EQ(labels.status, 1);
  EXPECT_EQ(labels.lines(), 1u) << labels.output;
  EXPECT_TRUE(contains(labels.output, "has labels up to 5, but the network of " + folder + "/step_00000007 knows 0 to 4\n"));
}

// `make train` is a run from the beginning, however often it is typed.
TEST_F(Programs, MakeTrainStartsOver) {
  const std::string make = outside + "MAKEFLAGS= make -s train RANKS=1 ARGS='" + quick.substr(6) + "--epochs 1 " + checkpoint() + "--log " +
                           folder + ".csv";
  for (int time : {0, 1}) {
    const ProgramRun run = run_program(make + "'");
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(bool(contains(run.output, "/before_1")), time == 1) << run.output;
  }
  EXPECT_TRUE(contains(run_program(make + " --epochs 2 --resume'").output, "continuing after step 13"));
  for (const char* end : {".csv", ".svg"}) fs::remove(folder + end);
}

TEST_F(Programs, ADamagedCheckpointIsPassedOver) {
  launch(1, quick + checkpoint());
  EXPECT_EQ(checkpoints(), 2u);
  fs::resize_file(folder + "/step_00000026", 5000);
  const ProgramRun run = launch(2, quick + "--resume --replicas 2 " + checkpoint());
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "step_00000026: cut short"));
  EXPECT_TRUE(contains(run.output, "continuing after step 13"));
  for (const auto& entry : fs::directory_iterator(folder)) std::ofstream(entry.path()) << "nonsense";
  const ProgramRun none = launch(2, quick + "--resume " + checkpoint());
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.lines(), 1u) << none.output;
  EXPECT_TRUE(contains(none.output, "no good checkpoint"));
}

// A file system of 150 KB has room for one checkpoint of 82 KB, not for two.
TEST_F(Programs, AFullDiskDoesNotEndTheRun) {
  if (run_program("unshare -m true").status != 0) GTEST_SKIP() << "needs the right to mount a small file system";
  const std::string run = quick + checkpoint() + "--replicas 2 --resume ";
  const ProgramRun all = run_program("mkdir -p " + folder + "; unshare -m sh -c 'mount -t tmpfs -o size=150k none " + folder +
                                     " && " + command(2, run + "--epochs 1") + "; " + command(2, run) + "; echo status $?; " +
                                     command(2, run + "--epochs 1") + "'");
  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_TRUE(contains(all.output, "No space left on device"));  // Open MPI says it in a line of its own
  EXPECT_TRUE(contains(all.output, "; the checkpoint of step 13 stays")) << all.output;
  EXPECT_TRUE(contains(all.output, "epoch   2"));  // the run goes on
  EXPECT_TRUE(contains(all.output, "status 1"));   // and says that its end is not saved
  EXPECT_NE(all.output.find("continuing after step 13", all.output.find("status 1")), std::string::npos) << all.output;
}

// The signal goes to one rank only.
TEST_F(Programs, ASignalToOneRankStopsAll) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: no signal of this host reaches a rank on another";
  for (const std::string signal : {"TERM", "USR1"}) {
    const std::string mark = "--seed " + std::to_string(1000000 + getpid());
    const std::string endless = quick + mark + " --epochs 100000 --pipeline 2 --micro-batches 2 " + checkpoint();
    const std::string output = folder + ".output";
    const ProgramRun run = run_program("(" + command(2, endless) + " > " + output + " 2>&1; echo status $? >> " + output + ") & "
        "for i in $(seq 600); do grep -q '^epoch   2' " + output + " && break; sleep 0.1; done; "
        "kill -" + signal + " $(" + ranks_of_job(build_folder() + "/chapters/12_restart/train", mark) + " | sed -n 2p); wait; "
        "grep -v '^epoch' " + output + "; rm " + output);
    EXPECT_TRUE(contains(run.output, "SIG" + signal + ": stopped after step "));
    EXPECT_TRUE(contains(run.output, "status 75"));
    const std::string step = word_after(run, "stopped after step ");
    const ProgramRun next = launch(2, quick + mark + " --epochs 1 --pipeline 2 --resume " + checkpoint());
    EXPECT_TRUE(contains(next.output, "continuing after step " + step.substr(0, step.size() - 1))) << step << "\n" << next.output;
    fs::remove_all(folder);
  }
}

// One of two ranks is killed once there is a checkpoint; the launcher starts both again, and the end has the bits of a run without that.
TEST_F(Programs, AKilledRunIsStartedAgain) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: a rank on another host is not killed from here";
  const std::string mark = "--seed " + std::to_string(1000000 + getpid()), same = quick + mark + " --epochs 60 --replicas 2 ";
  const std::string hash = hash_of_weights(launch(2, same));
  const std::string output = folder + ".output";
  const ProgramRun run = run_program(
      "(" + outside + "sh common/mpi/launch --restarts 3 2 " + build_folder() + "/chapters/12_restart/" + same + checkpoint() +
      "--start-over --save-every 5 > " + output + " 2>&1; echo status $? >> " + output + ") & "
      "for i in $(seq 9000); do ls " + folder + " 2>/dev/null | grep -q '^step_[0-9]*$' && break; sleep 0.02; done; "
      "kill -KILL $(" + ranks_of_job(build_folder() + "/chapters/12_restart/train", mark) + " | sed -n 2p); wait; cat " + output + "; rm " + output);
  EXPECT_TRUE(contains(run.output, "status 0\n"));
  EXPECT_TRUE(contains(run.output, "launch: attempt 1 ended with status "));
  EXPECT_TRUE(contains(run.output, "continuing after step "));
  EXPECT_EQ(hash_of_weights(run), hash) << run.output;
}

TEST_F(Programs, TheGridOfOtherRanksIsPlannedWithoutThem) {
  EXPECT_EQ(launch(1, quick + "--plan 3").status, 0);
  const ProgramRun none = launch(1, quick + "--replicas 2 --plan 3");
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.output, "--replicas 2: does not multiply to the 3 ranks that there are\n");
}

// The last flush of a rank takes ten times as long as the watchdog waits where nobody moves.
TEST_F(Programs, ASlowDiskIsNotAccused) {
  const ProgramRun run = run_program(outside + "GUARD_TIMEOUT=0.3 FOLDER=" + folder + " sh common/mpi/launch 3 " + build_folder() +
                                     "/tests/12_restart_run_test --gtest_also_run_disabled_tests --gtest_filter=Run.DISABLED_HasASlowDisk");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_FALSE(contains(run.output, "guard:"));
}

// ---- the tool ----

namespace {

// The numbers of a file, behind its 4096 bytes.
std::vector<float> numbers_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(4096);
  std::vector<float> all;
  for (float number; in.read(reinterpret_cast<char*>(&number), sizeof number);) all.push_back(number);
  return all;
}

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// 35-9-5: weights and biases of two layers, and where each begins.
const std::array<std::array<size_t, 2>, 4> parts_of_two_layers = {{{0, 315}, {315, 9}, {324, 45}, {369, 5}}};
const char* const names_of_parts[] = {"layer 0 weights", "layer 0 biases", "layer 1 weights", "layer 1 biases"};

}  // namespace

TEST_F(Programs, CheckpointsAreVerified) {
  const data_sets::DataSet data({320, 7, 5, 5}, {40, 7, 5, 5});
  launch(2, "train --hidden 9 --batch 48 --epochs 3 --optimizer momentum --replicas 2 --data " + data.folder + " " + checkpoint());
  const std::string seven = folder + "/step_00000007", fourteen = folder + "/step_00000014", end = folder + "/step_00000021";
  const auto good = [](const std::string& file, int step) { return file + ": good, step " + std::to_string(step) + ", 35-9-5, momentum, 2 x 374 numbers\n"; };
  for (int ranks : {1, 3}) {
    const ProgramRun list = launch(ranks, "checkpoint list " + folder);
    EXPECT_EQ(list.status, 0);
    EXPECT_EQ(list.output, good(end, 21) + good(fourteen, 14) + good(seven, 7));
  }
  EXPECT_EQ(launch(1, "checkpoint verify " + seven + " " + end).output, good(seven, 7) + good(end, 21));
  EXPECT_EQ(launch(1, "checkpoint verify " + seven).status, 0);
  fs::resize_file(fourteen, 5000);
  const std::string bad = fourteen + ": cut short: 5000 bytes, expected " + std::to_string(4096 + 4 * 2 * 374) + "\n";
  const ProgramRun verify = launch(1, "checkpoint verify " + folder);
  EXPECT_EQ(verify.status, 1);
  EXPECT_EQ(verify.output, good(end, 21) + bad + good(seven, 7));
  EXPECT_EQ(launch(1, "checkpoint list " + folder).status, 0);

  const ProgramRun help = launch(1, "checkpoint --help");
  EXPECT_EQ(help.status, 0);
  for (const char* verb : {"list", "verify", "compare", "statistics", "export"}) EXPECT_TRUE(contains(help.output, std::string("\n  checkpoint ") + verb + " "));
  for (const std::string& words :
       std::vector<std::string>{"", "lists", "list", "list " + seven, "verify", "compare " + seven, "compare " + seven + " " + fourteen,
                                "statistics nowhere", "export " + seven + " " + end + "/a"}) {
    const ProgramRun run = launch(1, "checkpoint " + words);
    EXPECT_EQ(run.status, 2) << words << "\n" << run.output;
    EXPECT_EQ(run.lines(), 1u) << words << "\n" << run.output;
  }
  const ProgramRun written = launch(2, "checkpoint export " + seven + " " + end + "/a");  // by one of two ranks
  EXPECT_EQ(written.status, 2) << written.output;
  EXPECT_EQ(written.output, end + "/a: cannot be made: Not a directory\n");
}

TEST_F(Programs, CheckpointsAreCompared) {
  const data_sets::DataSet data({320, 7, 5, 5}, {40, 7, 5, 5});
  launch(1, "train --hidden 9 --batch 48 --epochs 2 --optimizer momentum --data " + data.folder + " " + checkpoint());
  const std::string seven = folder + "/step_00000007", end = folder + "/step_00000014";
  const ProgramRun same = launch(2, "checkpoint compare " + end + " " + end), other = launch(2, "checkpoint compare " + seven + " " + end);
  EXPECT_EQ(same.status, 0);
  EXPECT_TRUE(same.output.ends_with("\nthe same bits\n")) << same.output;
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(other.output.ends_with("\nthey differ\n")) << other.output;
  EXPECT_TRUE(other.output.starts_with("step                     7 | 14\n")) << other.output;
  EXPECT_FALSE(contains(other.output, "--batch"));
  const std::vector<float> a = numbers_of(seven), b = numbers_of(end);
  ASSERT_EQ(a.size(), 2 * 374u);
  const ProgramRun numbers = launch(1, "checkpoint statistics " + end);
  for (size_t vector : {0, 1})
    for (size_t part = 0; part < 4; ++part) {
      const auto [first, count] = parts_of_two_layers[part];
      double most = 0, apart = 0, length = 0, least = INFINITY, greatest = -INFINITY, mean = 0, deviation = 0;
      size_t differ = 0, zeros = 0;
      for (size_t i = first + 374 * vector; i < first + count + 374 * vector; ++i) {
        const double x = b[i];
        most = std::max(most, std::abs(a[i] - x));
        apart += (a[i] - x) * (a[i] - x), length += x * x;
        differ += a[i] != b[i];
        least = std::min(least, x), greatest = std::max(greatest, x), mean += x / double(count), zeros += x == 0;
      }
      deviation = std::sqrt(length / double(count) - mean * mean);
      const std::string name = std::string(names_of_parts[part]) + (vector ? ", state 1" : "") + std::string(vector ? 0 : 2, ' ');
      double told[7] = {};
      const size_t row = other.output.find("\n" + name), line = numbers.output.find("\n" + name);
      ASSERT_TRUE(row != std::string::npos && line != std::string::npos) << name << other.output << numbers.output;
      ASSERT_EQ(std::sscanf(other.output.c_str() + row + 1 + name.size(), "%lf %lf %lf %lf", told, told + 1, told + 2, told + 3), 4);
      EXPECT_EQ(told[0], double(count));
      EXPECT_EQ(told[1], double(differ));
      EXPECT_NEAR(told[2], most, 0.006 * most);
      EXPECT_NEAR(told[3], std::sqrt(apart / length), 0.006 * std::sqrt(apart / length));
      ASSERT_EQ(std::sscanf(numbers.output.c_str() + line + 1 + name.size(), "%lf %lf %lf %lf %lf %lf %lf", told, told + 1, told + 2, told + 3,
                            told + 4, told + 5, told + 6), 7);
      const double expected[7] = {double(count), least, mean, greatest, deviation, double(zeros), 0};
      for (int i = 0; i < 7; ++i) EXPECT_NEAR(told[i], expected[i], 0.0006 * std::abs(expected[i]) + 1e-9) << name << ", column " << i;
    }
  launch(1, "train --hidden 8 --batch 48 --epochs 1 --start-over --data " + data.folder + " " + checkpoint());
  const std::string before = folder + "/before_1/step_00000014";
  const ProgramRun networks = launch(1, "checkpoint compare " + seven + " " + before);
  EXPECT_EQ(networks.status, 2);
  EXPECT_EQ(networks.output, seven + " and " + before + " are of other networks: 35-8-5 and 35-9-5\n");
}

// Byte for byte what NumPy's description of the format says; and what NumPy reads, where it is there.
TEST_F(Programs, CheckpointsAreExported) {
  const data_sets::DataSet data({320, 7, 5, 5}, {40, 7, 5, 5});
  launch(1, "train --hidden 9 --batch 48 --epochs 1 --data " + data.folder + " " + checkpoint());
  const std::string file = folder + "/step_00000007", to = folder + "/numpy";
  const ProgramRun run = launch(2, "checkpoint export " + file + " " + to);
  EXPECT_EQ(run.output, to + "/layer_0_weights.npy: 35 x 9\n" + to + "/layer_0_biases.npy: 9\n" + to + "/layer_1_weights.npy: 9 x 5\n" + to +
                            "/layer_1_biases.npy: 5\n");
  const char* const names[] = {"layer_0_weights", "layer_0_biases", "layer_1_weights", "layer_1_biases"};
  const char* const shapes[] = {"(35, 9)", "(9,)", "(9, 5)", "(5,)"};
  const std::string numbers = bytes_of(file).substr(4096);
  for (size_t part = 0; part < 4; ++part) {
    const auto [first, count] = parts_of_two_layers[part];
    std::string words = "{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(shapes[part]) + ", }";
    words.resize(128 - 10 - 1, ' ');
    const std::string expected = std::string("\x93NUMPY\x01\0\x76\0", 10) + words + "\n" + numbers.substr(4 * first, 4 * count);
    EXPECT_EQ(bytes_of(to + "/" + names[part] + ".npy"), expected) << names[part];
  }
  if (run_program("python3 -c 'import numpy'").status != 0) GTEST_SKIP() << "skipped: no NumPy; the bytes are what its format says";
  const ProgramRun numpy = run_program("python3 -c 'import numpy\nfor name in \"layer_0_weights\", \"layer_0_biases\", \"layer_1_weights\", "
                                       "\"layer_1_biases\":\n  a = numpy.load(\"" + to + "/\" + name + \".npy\")\n  print(a.shape, a.dtype, "
                                       "a.tobytes() in open(\"" + file + "\", \"rb\").read())'");
  EXPECT_EQ(numpy.output, "(35, 9) float32 True\n(9,) float32 True\n(9, 5) float32 True\n(5,) float32 True\n");
}

// ---- predict ----

TEST_F(Programs, PredictCountsWhatTrainingCounted) {
  const ProgramRun trained = launch(2, quick + "--replicas 2 " + checkpoint());
  const std::string count = word_after(trained, " % (");
  const std::string half = data_sets::first_images() + "/t10k-", test = " --images " + half + "images-idx3-ubyte --labels " + half + "labels-idx1-ubyte";
  for (int ranks : {1, 2}) {
    const ProgramRun run = launch(ranks, "predict " + checkpoint() + "--show 0" + test);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "\n" + count + " of 1003 images")) << count << "\n" << run.output;
  }
}

// Trained, saved, continued and used on the CUDA device, in memory that the host cannot read.
TEST_F(Programs, ACheckpointOfCudaIsContinuedAndUsedThere) {
  const data_sets::DataSet data({600, 28, 28, 10}, {170, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const std::string half = data.folder + "/t10k-", small = quick + "--hidden 16 --device cuda --replicas 2 --micro-batches 2 --data " + data.folder + " ";
  const ProgramRun whole = launch(2, small);
  if (found_no_gpu(whole)) GTEST_SKIP() << "skipped: " << whole.output;
  EXPECT_EQ(launch(2, small + "--epochs 1 " + checkpoint()).status, 0);
  const ProgramRun rest = launch(2, small + "--resume " + checkpoint());
  EXPECT_TRUE(contains(rest.output, "continuing after step 13"));
  EXPECT_NE(hash_of_weights(whole), "none");
  EXPECT_EQ(hash_of_weights(rest), hash_of_weights(whole));
  const ProgramRun used = launch(1, "predict --device cuda " + checkpoint() +
                                        "--show 0 --images " + half + "images-idx3-ubyte --labels " + half + "labels-idx1-ubyte");
  EXPECT_TRUE(contains(used.output, "\n" + word_after(rest, " % (") + " of 170 images"));
}

// The main job between GPUs, or on the CPU that stands in for them: it is continued the other way, and in another order of a block's threads,
// with the same bits.
TEST_F(Programs, GoFromGpuToGpuOrThroughTheHostWithTheSameBits) {
  const data_sets::DataSet data({150, 28, 28, 10}, {90, 28, 28, 10});
  const auto train = [&](const std::string& order, const std::string& options) {
    return run_program("export CUDA_ON_CPU_ORDER=" + order + "; " + command(4, quick + "--train-samples 0 --data " + data.folder +
                       " --micro-batches 4 --device cuda --replicas 2 --tensor 2 --exchange " + options));
  };
  const ProgramRun host = train("ascending", "host");
  if (found_no_gpu(host)) GTEST_SKIP() << "skipped: " << host.output;
  EXPECT_FALSE(contains(host.output, "GPU to GPU")) << host.output;
  const ProgramRun peer = train("descending", "peer --epochs 1 " + checkpoint());
  EXPECT_EQ(peer.status, 0) << peer.output;
  EXPECT_EQ(contains(peer.output, "from GPU to GPU: slices, data ranks\n"), !on_several_hosts(4)) << peer.output;
  const ProgramRun rest = train("shuffled", "host --resume " + checkpoint()), whole = train("shuffled", "peer");
  EXPECT_TRUE(contains(rest.output, "continuing after step 4")) << rest.output;
  EXPECT_EQ(hash_of_weights(rest), hash_of_weights(host)) << rest.output;
  EXPECT_EQ(hash_of_weights(whole), hash_of_weights(host)) << whole.output;
  EXPECT_NE(hash_of_weights(whole), "none");
}

TEST_F(Programs, AKilledRankLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(4, build_folder() + "/chapters/12_restart/train", "--hidden 24,17,12 --replicas 2 --pipeline 2 --tensor 1");
}

namespace {

// The network of a checkpoint: behind 4096 bytes the numbers, layer by layer, the weights row by row, then the biases.
plain::Network network_of(const std::string& file, const std::vector<size_t>& sizes) {
  plain::Network network({.sizes = sizes});
  std::ifstream in(file, std::ios::binary);
  in.seekg(4096);
  const auto next = [&] {
    float number = NAN;
    in.read(reinterpret_cast<char*>(&number), sizeof number);
    return double(number);
  };
  for (auto& layer : network.layers) {
    for (auto& row : layer.w) for (auto& w : row) w.value = next();
    for (auto& b : layer.b) b.value = next();
  }
  return network;
}

}  // namespace

TEST_F(Programs, PredictSaysWhatAPlainNetworkComputes) {
  const data_sets::DataSet data({320, 7, 5, 5}, {40, 7, 5, 5});
  const std::string images = data.folder + "/t10k-images-idx3-ubyte", labels = data.folder + "/t10k-labels-idx1-ubyte";
  const ProgramRun trained = launch(1, "train --hidden 9 --batch 48 --epochs 1 --data " + data.folder + " " + checkpoint());
  EXPECT_EQ(trained.status, 0) << trained.output;
  const std::string file = folder + "/step_00000007", predict = "predict " + checkpoint() + "--images " + images;
  const plain::Network network = network_of(file, {35, 9, 5});
  std::ifstream in(images, std::ios::binary);
  in.seekg(16);
  std::string pixels(40 * 35, 0);
  in.read(pixels.data(), std::streamsize(pixels.size()));

  int correct = 0;
  std::vector<std::string> told;  // of each image
  std::vector<std::array<double, 5>> percent(40);
  for (int i = 0; i < 40; ++i) {
    const std::vector<double> z = network.forward(reinterpret_cast<const uint8_t*>(pixels.data()) + 35 * i).back();
    double sum = 0;
    for (double value : z) sum += std::exp(value);
    for (size_t c = 0; c < 5; ++c) percent[size_t(i)][c] = 100 * std::exp(z[c]) / sum;
    const int guess = int(std::ranges::max_element(z) - z.begin());
    correct += guess == i % 5;
    told.push_back("\nimage " + std::to_string(i) + " is a " + std::to_string(guess));
  }
  ASSERT_TRUE(correct > 0 && correct < 40) << "no good example: " << correct;

  const std::string head = file + ": 7 steps of training\n\n";
  for (int ranks : {1, 3}) {  // the last three of 40, though five are asked for; then how many are right
    const ProgramRun run = launch(ranks, predict + " --labels " + labels + " --first 37 --show 5");
    EXPECT_EQ(run.output.substr(0, head.size()), head);
    size_t at = head.size();
    for (int i = 37; i < 40; ++i) {
      const size_t end = run.output.find(told[size_t(i)] + ", its label says " + std::to_string(i % 5) + "\n\n", at);
      ASSERT_NE(end, std::string::npos) << told[size_t(i)] << "\n" << run.output;
      const std::string picture = run.output.substr(at, end - at);
      for (int c = 0; c < 5; ++c) {
        double printed = -1;
        const size_t line = picture.find("    " + std::to_string(c) + "  ");
        std::sscanf(picture.c_str() + std::min(line, picture.size()), " %*d %lf %%", &printed);
        EXPECT_NEAR(printed, percent[size_t(i)][size_t(c)], 0.0052) << "image " << i << ", class " << c << "\n" << run.output;
      }
      at = end + told[size_t(i)].size() + std::string(", its label says 0\n\n").size();
    }
    char last[100];
    std::snprintf(last, sizeof last, "%d of 40 images have the class that their labels say: %.2f %%\n", correct, 2.5 * correct);
    EXPECT_EQ(run.output.substr(at), last);
  }
  EXPECT_TRUE(launch(1, predict + " --first 3").output.ends_with(told[3] + "\n\n"));  // one, and no word on labels
  EXPECT_EQ(launch(2, predict + " --show 0").output, head);
  EXPECT_EQ(launch(1, predict + " --show 0 --first 99").output, head);
  EXPECT_EQ(launch(1, predict + " --first 40").output, "--first: 40, but " + images + " has 40 images\n");
  std::ofstream one(folder + "/one.pgm");
  one << "P2 5 7 1";
  for (int i = 0; i < 35; ++i) one << " 1";
  one.close();
  EXPECT_EQ(launch(1, "predict " + checkpoint() + "--first 1 --images " + folder + "/one.pgm").output,
            "--first: 1, but " + folder + "/one.pgm has 1 image\n");
}

TEST_F(Programs, PredictDrawsIdxAndPgmAlike) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const ProgramRun idx = launch(1, "predict " + checkpoint() + "--first 3");
  EXPECT_EQ(idx.status, 0) << idx.output;
  EXPECT_TRUE(contains(idx.output, "image 3 is a "));
  EXPECT_TRUE(contains(idx.output, "@@"));

  // The same picture as PGM, once in bytes and once in inverted numbers.
  std::ifstream in("build/data/t10k-images-idx3-ubyte", std::ios::binary);
  in.seekg(16 + 3 * 784);
  std::string pixels(784, '\0');
  in.read(pixels.data(), 784);
  std::ofstream(folder + "/bytes.pgm", std::ios::binary) << "P5\n# a comment\n28 28\n255\n" << pixels;
  std::ofstream numbers(folder + "/numbers.pgm");
  numbers << "P2 28 28 255\n";
  for (unsigned char pixel : pixels) numbers << 255 - int(pixel) << "\n";
  numbers.close();
  const auto picture = [](const ProgramRun& run) {
    return run.output.substr(run.output.find("\n\n"), run.output.find("image ") - run.output.find("\n\n"));
  };
  const ProgramRun bytes = launch(1, "predict " + checkpoint() + "--images " + folder + "/bytes.pgm");
  EXPECT_EQ(picture(bytes), picture(idx)) << bytes.output;
  const ProgramRun inverted = launch(1, "predict " + checkpoint() + "--invert --images " + folder + "/numbers.pgm");
  EXPECT_EQ(picture(inverted), picture(idx)) << inverted.output;
}

TEST_F(Programs, PredictRefusesBadFilesInOneLine) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const auto file = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
    return "--images " + folder + "/" + name;
  };
  for (const std::string& option :
       {file("a", "GIF89a"), file("b", "P5 28 28 255\nshort"), file("c", "P5 2 2 255\nabcd"), file("d", "P2 2 x"),
        file("e", "P5 99999 99999 255\n"), file("f", "P2 1 1 9\n10"), file("g", std::string("\0\0\x08\x03\0", 5)),
        file("h", ""), std::string("--images nowhere"), std::string("--first 10000"),
        std::string("--checkpoint README.md"), std::string("--checkpoint chapters")}) {
    const ProgramRun run = launch(1, "predict " + checkpoint() + option);
    EXPECT_EQ(run.status, 1) << option << "\n" << run.output;
    EXPECT_EQ(run.lines(), 1u) << option << "\n" << run.output;
  }
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/12_restart/train --replicas 2 --compare-with-serial");
}

}  // namespace
