// The programs of chapter 12 as a user meets them: launched, with their output and status; stopped, continued, mistreated.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

// These programs are MPI jobs of their own, whatever job this test may be part of.
const std::string outside = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD ";
std::string command(int ranks, const std::string& program) {
  return outside + "sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() + "/chapters/12_restart/" + program;
}
ProgramRun launch(int ranks, const std::string& program) { return run_program(command(ranks, program)); }

bool says(const ProgramRun& run, const std::string& text) { return run.output.find(text) != std::string::npos; }

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

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 47 --epochs 2 ";

TEST_F(Programs, PrintWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(launch(3, "train --compare-with-serial" + run.options()), run, 3), "");
}

TEST_F(Programs, BadChoicesEndWithOneLine) {
  for (const std::string& option : {std::string("--resume"), std::string("--keep 0"), std::string("--save-every -1"),
                                    std::string("--start-over"), "--resume --start-over " + checkpoint()}) {
    const ProgramRun run = launch(2, quick + option);
    EXPECT_EQ(run.status, 1) << option << "\n" << run.output;
    EXPECT_EQ(run.lines(), 1u) << option << "\n" << run.output;
  }
}

// ---- checkpoints ----

TEST_F(Programs, AContinuedRunEndsWithTheSameBits) {
  const std::string same = quick + "--micro-batches 4 --reproducible --optimizer momentum ";
  const std::string hash = hash_of_weights(launch(1, same));
  EXPECT_EQ(launch(2, same + "--replicas 2 --epochs 1 " + checkpoint()).status, 0);
  const ProgramRun second = launch(2, same + "--pipeline 2 --resume " + checkpoint());
  EXPECT_EQ(second.status, 0) << second.output;
  EXPECT_TRUE(says(second, "continuing after step 13")) << second.output;
  EXPECT_EQ(hash_of_weights(second), hash) << second.output;
}

TEST_F(Programs, ACheckpointOfOtherOptionsIsRefusedInOneLine) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const ProgramRun run = launch(2, quick + "--seed 2 --resume " + checkpoint());
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(says(run, "--seed 2: ")) << run.output;
  EXPECT_TRUE(says(run, "was written with --seed 1")) << run.output;
}

TEST_F(Programs, AFolderWithCheckpointsIsNotWrittenToUnasked) {
  launch(1, quick + checkpoint());
  const ProgramRun unasked = launch(2, quick + "--epochs 0 --seed 2 " + checkpoint());
  EXPECT_EQ(unasked.status, 1);
  EXPECT_EQ(unasked.lines(), 1u) << unasked.output;
  EXPECT_TRUE(says(unasked, "--resume") && says(unasked, "--start-over")) << unasked.output;
  EXPECT_EQ(checkpoints(), 2u);

  const ProgramRun over = launch(2, quick + "--epochs 1 --seed 2 --start-over " + checkpoint());
  EXPECT_EQ(over.status, 0) << over.output;
  EXPECT_TRUE(says(over, "the checkpoints that were there are in " + folder + "/before_1\n")) << over.output;
  EXPECT_TRUE(fs::exists(folder + "/before_1/step_00000026") && fs::exists(folder + "/step_00000013")) << over.output;
  EXPECT_TRUE(says(launch(2, quick + "--seed 2 --resume " + checkpoint()), "continuing after step 13"));
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
  EXPECT_TRUE(says(run, "continuing after step 13, from " + folder + "/before_1/step_00000013")) << run.output;
  EXPECT_TRUE(fs::exists(folder + "/before_1/step_00000013") && fs::exists(folder + "/step_00000026")) << run.output;
}

TEST_F(Programs, AContinuedRunSaysWhatIsUnusual) {
  launch(1, quick + "--save-every 8 " + checkpoint());
  const ProgramRun nothing = launch(2, quick + "--epochs 1 --resume --tensor 2 " + checkpoint());
  EXPECT_EQ(nothing.status, 0) << nothing.output;
  EXPECT_TRUE(says(nothing, "continuing after step 26")) << nothing.output;
  EXPECT_TRUE(says(nothing, "nothing is left to do: --epochs 1 ends with step 13\n")) << nothing.output;
  EXPECT_TRUE(says(launch(1, quick + "--resume " + checkpoint()), "nothing is left to do: --epochs 2 ends with step 26\n"));

  fs::remove(folder + "/step_00000026");
  const ProgramRun rest = launch(2, quick + "--resume --replicas 2 --micro-batches 1 --reproducible " + checkpoint());
  EXPECT_TRUE(says(rest, "continuing after step 24")) << rest.output;
  EXPECT_TRUE(says(rest, "the loss of epoch 2 is the mean over the rest of it, 2 of 13 steps\n")) << rest.output;
  EXPECT_TRUE(says(rest, "--reproducible yes: " + folder + "/step_00000024 was written with --reproducible no")) << rest.output;
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
    EXPECT_TRUE(says(run, "was trained on other data: 320 x 7 x 5 pixels, 5 classes, checksum ")) << run.output;
    EXPECT_TRUE(says(run, "here are 320 x " + std::to_string(height) + " x " + std::to_string(width))) << run.output;
    const std::string half = " --images " + data.folder + "/t10k-images-idx3-ubyte";
    const ProgramRun predict = launch(1, "predict " + checkpoint() + half);
    EXPECT_EQ(predict.status, height == 7 && width == 5 ? 0 : 1) << predict.output;
  }
  const data_sets::DataSet more({320, 7, 5, 6}, {40, 7, 5, 6});
  const ProgramRun labels = launch(1, "predict " + checkpoint() + " --images " + more.folder + "/t10k-images-idx3-ubyte --labels " +
                                          more.folder + "/t10k-labels-idx1-ubyte");
  EXPECT_EQ(labels.status, 1);
  EXPECT_EQ(labels.lines(), 1u) << labels.output;
  EXPECT_TRUE(says(labels, "has labels up to 5")) << labels.output;
}

// `make train` is a run from the beginning, however often it is typed.
TEST_F(Programs, MakeTrainStartsOver) {
  const std::string make = outside + "MAKEFLAGS= make -s train RANKS=1 ARGS='" + quick.substr(6) + "--epochs 1 " + checkpoint() + "--log " +
                           folder + ".csv";
  for (int time : {0, 1}) {
    const ProgramRun run = run_program(make + "'");
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(says(run, "/before_1"), time == 1) << run.output;
  }
  EXPECT_TRUE(says(run_program(make + " --epochs 2 --resume'"), "continuing after step 13"));
  for (const char* end : {".csv", ".svg"}) fs::remove(folder + end);
}

TEST_F(Programs, ADamagedCheckpointIsPassedOver) {
  launch(1, quick + checkpoint());
  EXPECT_EQ(checkpoints(), 2u);
  fs::resize_file(folder + "/step_00000026", 5000);
  const ProgramRun run = launch(2, quick + "--resume --replicas 2 " + checkpoint());
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(says(run, "step_00000026: cut short")) << run.output;
  EXPECT_TRUE(says(run, "continuing after step 13")) << run.output;
  for (const auto& entry : fs::directory_iterator(folder)) std::ofstream(entry.path()) << "nonsense";
  const ProgramRun none = launch(2, quick + "--resume " + checkpoint());
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.lines(), 1u) << none.output;
  EXPECT_TRUE(says(none, "no good checkpoint")) << none.output;
}

// A file system of 150 KB has room for one checkpoint of 82 KB, not for two.
TEST_F(Programs, AFullDiskDoesNotEndTheRun) {
  if (run_program("unshare -m true").status != 0) GTEST_SKIP() << "needs the right to mount a small file system";
  const std::string run = quick + checkpoint() + "--replicas 2 --resume ";
  const ProgramRun all = run_program("mkdir -p " + folder + "; unshare -m sh -c 'mount -t tmpfs -o size=150k none " + folder +
                                     " && " + command(2, run + "--epochs 1") + "; " + command(2, run) + "; echo status $?; " +
                                     command(2, run + "--epochs 1") + "'");
  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_TRUE(says(all, "No space left on device; the checkpoint of step 13 stays")) << all.output;
  EXPECT_TRUE(says(all, "epoch   2")) << all.output;  // the run goes on
  EXPECT_TRUE(says(all, "status 1")) << all.output;   // and says that its end is not saved
  EXPECT_NE(all.output.find("continuing after step 13", all.output.find("status 1")), std::string::npos) << all.output;
}

// The signal goes to one rank only, the last that was started.
TEST_F(Programs, ASignalToOneRankStopsAll) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: no signal of this host reaches a rank on another";
  for (const std::string signal : {"TERM", "USR1"}) {
    const std::string mark = "--seed " + std::to_string(1000000 + getpid());
    const std::string endless = quick + mark + " --epochs 100000 --pipeline 2 --micro-batches 2 " + checkpoint();
    const std::string output = folder + ".output";
    const ProgramRun run = run_program(
        "(" + command(2, endless) + " > " + output + " 2>&1; echo status $? >> " + output + ") & "
        "for i in $(seq 600); do grep -q '^epoch   2' " + output + " && break; sleep 0.1; done; "
        "kill -" + signal + " $(pgrep -f '^" + build_folder() + "/chapters/12_restart/train .*" + mark + "' | sed -n 2p); wait; "
        "tail -n 2 " + output + "; rm " + output);
    EXPECT_TRUE(says(run, "SIG" + signal + ": stopped after step ")) << run.output;
    EXPECT_TRUE(says(run, "status 75")) << run.output;
    const std::string step = word_after(run, "stopped after step ");
    const ProgramRun next = launch(2, quick + mark + " --epochs 1 --pipeline 2 --resume " + checkpoint());
    EXPECT_TRUE(says(next, "continuing after step " + step.substr(0, step.size() - 1))) << step << "\n" << next.output;
    fs::remove_all(folder);
  }
}

// ---- predict ----

TEST_F(Programs, PredictCountsWhatTrainingCounted) {
  const ProgramRun trained = launch(2, quick + "--replicas 2 " + checkpoint());
  const std::string count = word_after(trained, " % (");
  const std::string test = " --images build/data/t10k-images-idx3-ubyte --labels build/data/t10k-labels-idx1-ubyte";
  for (int ranks : {1, 2}) {
    const ProgramRun run = launch(ranks, "predict " + checkpoint() + "--show 0" + test);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(says(run, "\n" + count + " of 10000 images")) << count << "\n" << run.output;
  }
}

TEST_F(Programs, PredictDrawsIdxAndPgmAlike) {
  launch(1, quick + "--epochs 1 " + checkpoint());
  const ProgramRun idx = launch(1, "predict " + checkpoint() + "--first 3");
  EXPECT_EQ(idx.status, 0) << idx.output;
  EXPECT_TRUE(says(idx, "image 3 is a ")) << idx.output;
  EXPECT_TRUE(says(idx, "@@")) << idx.output;

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
