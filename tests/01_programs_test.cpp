// The programs of chapter 01 as a user meets them: every mistake gives one clear line and a status that is not 0.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

ProgramRun train(const std::string& options) {
  return run_program(build_folder() + "/chapters/01_serial/train " + options);
}

const std::string quick = "--hidden 16 --train-samples 500 --epochs 1 --data " + data_sets::first_images() + " ";

std::string line_with(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

// What the program does, and each option with its limits and what it is if nothing is said.
TEST(Programs, HelpNamesEveryOption) {
  const auto told = [](const std::string& program) {
    const ProgramRun run = run_program(build_folder() + "/chapters/01_serial/" + program + " --help");
    EXPECT_EQ(run.status, 0) << run.output;
    return run.output.substr(0, run.output.find('\n') + 1) + options_told(run.output);
  };
  EXPECT_EQ(told("train"),
            "Trains a multilayer perceptron on MNIST, on one core.\ndevice cpu [cpu]\ndata TEXT [build/data]\nhidden N,N,.. (1 to 65536) [512,256]\nepochs N (0 to 100000) [10]\n"
            "batch N (1 to 1048576) [128]\nmicro-batches N (1 to 1048576) [1]\noptimizer sgd|momentum|adam [sgd]\n"
            "learning-rate X (0 to 1000) [0.1]\nmomentum X (0 to 1) [0.9]\ntrain-samples N (at least 0) [0]\nseed N (at least 0) [1]\nlog TEXT\n");
  EXPECT_EQ(told("bench"),
            "Measures the products and the training step of chapter 01 on one core.\n"
            "data TEXT [build/data]\nhidden N,N,.. (1 to 65536) [512,256]\nbatch N (1 to 60000) [128]\npairs N (11 to 1001) [31]\n"
            "training-only\nall-products\ncsv TEXT\n");
  EXPECT_EQ(told("fit_function"),
            "Fits a network with one input and one output to a function on [-1, 1].\nfunction sine|step|zigzag [sine]\nhidden N,N,.. (1 to 4096) [64,64]\nsteps N (0 to 1000000) [3000]\n"
            "optimizer sgd|momentum|adam [adam]\nlearning-rate X (0 to 100) [0.003]\nseed N (at least 0) [1]\nlog TEXT\n");
  EXPECT_EQ(told("gradient_check"), "Compares the gradients of the backward pass with measured slopes, parameter by parameter.\n"
            "sizes N,N,.. (1 to 512) [13,7,5,3]\nrows N (1 to 1024) [4]\n");
}

TEST(TrainProgram, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    for (const char* parts : {"", "--micro-batches 3"}) EXPECT_EQ(plain::complaints(train(run.options() + parts), run), "");
}

TEST(TrainProgram, TwoRunsEndWithTheSameWeights) {
  const ProgramRun first = train(quick), second = train(quick), other = train(quick + "--seed 2");
  EXPECT_EQ(first.status, 0) << first.output;
  EXPECT_NE(line_with(first.output, "weights "), "");
  EXPECT_EQ(line_with(first.output, "weights "), line_with(second.output, "weights "));
  EXPECT_NE(line_with(first.output, "weights "), line_with(other.output, "weights "));
  EXPECT_EQ(first.output.find('\r'), std::string::npos) << "the progress line is for terminals only";
}

struct Mistake {
  const char* options;
  const char* message;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.options; }

class TrainMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(TrainMistakes, GiveOneLineAndAStatus) {
  const ProgramRun run = train(GetParam().options);
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, std::string("error: ") + GetParam().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    All, TrainMistakes,
    testing::Values(
        Mistake{"--batch 0", "--batch: 0 is out of range, expected 1 to 1048576"},
        Mistake{"--batch 60001", "--batch: 60001 is more than the 60000 training samples"},
        Mistake{"--train-samples 100 --batch 101", "--batch: 101 is more than the 100 training samples"},
        Mistake{"--train-samples 60001",
                "--train-samples: 60001 is more than the 60000 samples in build/data"},
        Mistake{"--micro-batches 0", "--micro-batches: 0 is out of range, expected 1 to 1048576"},
        Mistake{"--learning-rate -1", "--learning-rate: -1 is out of range, expected 0 to 1000"},
        Mistake{"--hidden 0", "--hidden: 0 is out of range, expected 1 to 65536"},
        Mistake{"--epochs many", "--epochs: 'many' is not a whole number that fits"},
        Mistake{"--optimizer best", "--optimizer: 'best' is not one of sgd|momentum|adam"},
        Mistake{"--lr 1", "unknown option --lr (--help lists the options)"},
        Mistake{"--data /no/such/folder",
                "/no/such/folder/train-images-idx3-ubyte: cannot open: No such file or directory"},
        Mistake{"--log /no/such/folder/a.csv --train-samples 500",
                "/no/such/folder/a.csv: cannot write the log: No such file or directory"}));

TEST(TrainProgram, ALossThatIsNotFiniteStopsTheRunWithOneLine) {
  const ProgramRun run = train(quick + "--hidden 16,16,16,16 --learning-rate 1000 --batch 10");
  EXPECT_EQ(run.status, 1);
  const std::string line = line_with(run.output, "error: ");
  EXPECT_TRUE(contains(line, "the loss is")) << run.output;
  EXPECT_TRUE(contains(line, "try a smaller --learning-rate"));
}

TEST(TrainProgram, TheRecordHasALineForEachStepAndEpoch) {
  const auto file =
      std::filesystem::temp_directory_path() / ("train_log_" + std::to_string(getpid()) + ".csv");
  ASSERT_EQ(train(quick + "--batch 100 --log " + file.string()).status, 0);
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 5 + 1);
  std::filesystem::remove(file);
}

TEST(GradientCheckProgram, SaysThatTheBackwardPassIsRight) {
  const ProgramRun run = run_program(build_folder() + "/chapters/01_serial/gradient_check");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.output, "the backward pass is right"));
}

TEST(FitFunctionProgram, LearnsASine) {
  const ProgramRun run = run_program(build_folder() + "/chapters/01_serial/fit_function --steps 1500");
  EXPECT_EQ(run.status, 0);
  const std::string line = line_with(run.output, "mean squared error of the last batch");
  EXPECT_LT(std::stod(line.substr(line.rfind(' '))), 1e-3) << run.output;
}

// The peer of NumPy: its step against slopes that are measured in double precision; and a measurement of 31 batches and a bit, by a clock
// that shows two seconds for the eleven behind those that warm up.
TEST(Peers, NumPyTakesTheStepsOfGradientDescent) {
  if (run_program("python3 -c 'import numpy'").status != 0) GTEST_SKIP() << "skipped: no NumPy for python3";
  const ProgramRun run = run_program(R"(OPENBLAS_NUM_THREADS=1 python3 -B - <<'END'
import contextlib, io, os, sys, tempfile
import numpy as np
text = open('chapters/01_serial/peers.py').read()
peers = {'__name__': 'peers', '__doc__': ''}
exec(text[:text.rindex('main()')], peers)
spread = [w.std() * (n / 2) ** 0.5 for (w, b), n in zip(peers['starting_weights'](np), (784, 512, 256))]
print('spread', np.round(spread, 1))
draw = np.random.default_rng(7)

images, labels, index = draw.integers(0, 256, (4, 6), np.uint8), np.array([2, 0, 1, 2], np.uint8), np.array([3, 0, 1])
peers['SIZES'] = 6, 5, 4, 3
step, wait = peers['numpy_steps'](np, images, labels)
layers = dict(zip(step.__code__.co_freevars, (c.cell_contents for c in step.__closure__)))['layers']
before = [[w.astype(float), b.astype(float)] for w, b in layers]
def loss():
    x = images[index] / 255
    for i, (w, b) in enumerate(before):
        x = np.maximum(x @ w + b, 0 if i < 2 else -np.inf)
    return np.mean([np.log(np.exp(row).sum()) - row[t] for row, t in zip(x, labels[index])])
print('loss', abs(wait(step(index)) - loss()) < 1e-5)
worst = 0
for layer, old_layer in zip(layers, before):
    for new, old in zip(layer, old_layer):
        for at in np.ndindex(old.shape):
            kept, moved = old[at], []
            for h in (1e-5, -1e-5):
                old[at] = kept + h
                moved.append(loss())
            old[at] = kept
            worst = max(worst, abs(new[at] - (kept - 0.1 * (moved[0] - moved[1]) / 2e-5)))
print('update', worst < 1e-6)

for rows in (31 * 128, 31 * 128 + 100):
    images, labels = draw.integers(0, 256, (rows, 6), np.uint8), draw.integers(0, 3, rows, np.uint8)
    step, wait = peers['numpy_steps'](np, images, labels)
    order = np.random.default_rng(2).permutation(rows)
    expected = np.mean([wait(step(order[128 * i : 128 * (i + 1)])) for i in range(31)])
    peers['time'].perf_counter = iter((10.0, 12.0)).__next__
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        for name, header, values in (('images-idx3', 16, images), ('labels-idx1', 8, labels)):
            open(f'{folder}/train-{name}-ubyte', 'wb').write(bytes(header) + values.tobytes())
        sys.argv = ['peers.py', 'numpy', '--cores', '1', '--data', folder]
        peers['main']()
    print(said.getvalue().startswith(f'samples/s {expected:.4f} {11 * 128 // 2} NumPy {np.__version__}'), said.getvalue() if rows % 128 else '')
print('cores', len(os.sched_getaffinity(0)))
END
)");
  EXPECT_TRUE(run.output.starts_with("spread [1. 1. 1.]\nloss True\nupdate True\nTrue \nTrue samples/s ") && run.output.ends_with("\ncores 1\n")) << run.output;
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set(build_folder() + "/chapters/01_serial/train");
}

}  // namespace
