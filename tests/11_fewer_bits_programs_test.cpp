// The programs of chapter 11 as a user meets them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/11_fewer_bits/exponents.h"
#include "common/split.h"
#include "tests/data_sets.h"
#include "tests/full_disk.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// The launcher of this very process left variables behind that are not for the programs that it starts. Messages that nobody has waited for,
// and communicators that nobody has freed, are a failure.
ProgramRun launch(int ranks, const std::string& command) {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD GUARD_LEFTOVERS=1 GUARD_FORBIDS=unfreed sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() +
                     "/" + command);
}
ProgramRun train(int ranks, const std::string& options) { return launch(ranks, "chapters/11_fewer_bits/train " + options); }

std::string after(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? "" : text.substr(at + word.size(), text.find('\n', at) - at - word.size());
}
double number_after(const std::string& text, const std::string& word) { return std::atof(after(text, word).c_str()); }

size_t times(const std::string& text, const std::string& word) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++n;
  return n;
}

const std::string quick = "--hidden 16 --train-samples 500 --epochs 1 --data " + data_sets::first_images() + " ";

TEST(Programs, HelpNamesEveryOption) {
  const auto told = [](const std::string& program) {
    const ProgramRun run = launch(1, "chapters/11_fewer_bits/" + program + " --help");
    EXPECT_EQ(run.status, 0) << run.output;
    return options_told(run.output);
  };
  const std::string chapter06 = options_told(launch(1, "chapters/06_data_parallel/train --help").output);
  EXPECT_EQ(told("train"), chapter06 + "precision float|bf16|half|half-flushed [float]\nloss-scale X (1e-18 to 1e+18) [1]\ndynamic\ngood-steps N (at least 1) [500]\n"
                                       "instruction auto|yes|no [auto]\nweights master|rounded|stochastic [master]\nmessages float|bf16|bf16-sums [float]\n");
  EXPECT_EQ(told("messages"), "data TEXT [build/data]\nbatch N (1 to 32768) [2048]\nranks N,N,.. (1 to 1024) [2,4,16,64,256]\n");
  const std::string chapter01 = options_told(run_program(build_folder() + "/chapters/01_serial/train --help").output);
  const std::string chapter07 = options_told(launch(1, "chapters/07_sharded_optimizer/train --help").output);
  const std::string sharding = chapter07.substr(chapter07.find("zero N "));  // the last ones there
  EXPECT_EQ(told("sharded"), chapter01 + sharding + "loss-scale X (1e-18 to 1e+18) [1]\ndynamic\ngood-steps N (at least 1) [500]\n");
  EXPECT_TRUE(contains(options_told(launch(3, "chapters/11_fewer_bits/sharded --help").output), "micro-batches N (1 to 1048576) [3]\n"));
  EXPECT_EQ(told("formats"), "number X [0]\ndata TEXT [build/data]\nsteps N (0 to 400) [100]\nbatch N (1 to 16384) [128]\ncsv TEXT\n");
}

TEST(Train, InFloatIsThatOfChapter06) {
  const std::string options = quick + "--batch 70 --optimizer adam --learning-rate 0.002";
  const ProgramRun here = train(3, options), there = launch(3, "chapters/06_data_parallel/train " + options);
  ASSERT_EQ(here.status, 0) << here.output;
  ASSERT_NE(after(there.output, "; weights "), "") << there.output;
  EXPECT_EQ(after(here.output, "; weights "), after(there.output, "; weights "));
  // A scale that is a power of two changes no bit of a float, also where gradients are clipped: the limit is of the unscaled one.
  EXPECT_EQ(after(train(3, options + " --loss-scale 4096").output, "; weights "), after(there.output, "; weights "));
  const std::string warm = options + " --warm-up 0.75 --reference-batch 35";
  EXPECT_EQ(after(train(3, warm).output, "; weights "), after(launch(3, "chapters/06_data_parallel/train " + warm).output, "; weights "));
  const std::string clipped = after(launch(3, "chapters/06_data_parallel/train " + options + " --clip-norm 0.125").output, "; weights ");
  EXPECT_NE(clipped, after(there.output, "; weights "));
  EXPECT_EQ(after(train(3, options + " --clip-norm 0.125 --loss-scale 4096").output, "; weights "), clipped);
}

// Within a precision the bits are those of one rank that adds as many micro-batches, or the same micro-batches in order.
TEST(Train, BitsDoNotDependOnRanks) {
  for (const std::string precision : {"bf16", "half", "half-flushed"}) {
    const std::string options = quick + "--loss-scale 1024 --precision " + precision;
    const ProgramRun one = train(1, options + " --micro-batches 3"), three = train(3, options);
    ASSERT_EQ(one.status, 0) << one.output;
    ASSERT_EQ(three.status, 0) << three.output;
    const std::string bits = after(one.output, "; weights ");
    ASSERT_NE(bits, "") << one.output;
    EXPECT_EQ(after(three.output, "; weights "), bits) << precision;
    EXPECT_EQ(after(train(2, options + " --micro-batches 3 --reproducible").output, "; weights "), bits) << precision;
    EXPECT_NE(after(train(1, quick + "--micro-batches 3").output, "; weights "), bits) << precision;
    EXPECT_TRUE(contains(one.output, "\nprecision " + precision + ", weights master, loss scale 1024\n"));
    // Activations: the images, 16 units and twice their gradients, of 16 bits; logits and their gradient, labels and losses, of 32.
    const int rows = 43, bytes = 2 * (rows * 784 + 3 * rows * 16) + 2 * 4 * rows * 10 + 2 * 4 * rows;
    char text[40];
    std::snprintf(text, sizeof text, "activations: %.2f MB; ", 1e-6 * bytes);
    EXPECT_TRUE(contains(one.output, text));
  }
}

// From a scale at which everything overflows down to one at which nothing does: as many steps are skipped as it was halved.
TEST(Train, FindsItsScale) {
  const ProgramRun run = train(2, quick + "--epochs 8 --precision half --loss-scale 1073741824 --dynamic --good-steps 1000");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "loss scale 1073741824, dynamic\n"));
  const double end = number_after(run.output, "MB; loss scale "), skipped = number_after(run.output, "in the end, ");
  EXPECT_GT(skipped, 0);
  EXPECT_LT(skipped, 31);
  EXPECT_EQ(std::ldexp(1.0, int(30 - skipped)), end) << run.output;
  EXPECT_TRUE(contains(run.output, " of 32 steps skipped"));
}

TEST(Train, TellsTheUpdatesThatWereLost) {
  const std::string options = quick + "--precision bf16 --learning-rate 0.001 --weights ";
  const ProgramRun rounded = train(2, options + "rounded"), stochastic = train(2, options + "stochastic");
  ASSERT_EQ(rounded.status, 0) << rounded.output;
  const double lost = number_after(rounded.output, "steps skipped\n"), drawn = number_after(stochastic.output, "steps skipped\n");
  EXPECT_GT(lost, 90) << rounded.output;
  EXPECT_LT(lost, 100) << rounded.output;
  EXPECT_LT(drawn, lost);
  for (const char* line : {"\nprecision bf16, weights rounded", "\nproducts of bf16: ", "\nactivations: ", " % of the updates changed nothing\n"})
    EXPECT_EQ(times(rounded.output, line), 1u) << line << rounded.output;  // by one of the ranks
  EXPECT_FALSE(contains(train(2, options + "master").output, "changed nothing"));
  EXPECT_EQ(after(train(1, options + "stochastic --micro-batches 2").output, "; weights "), after(stochastic.output, "; weights "));
}

TEST(Train, RefusesWhatDoesNotFit) {
  for (const auto& [options, words] : {std::pair{"--loss-scale 3", "--loss-scale: must be a power of two, or it would round the gradients\n"},
                                       {"--precision bf16 --compare-with-serial", "--compare-with-serial: the serial run computes in float, not in bf16"},
                                       {"--messages bf16 --overlap", "--messages bf16: goes with neither --reproducible, --overlap, --bucket-kib nor another --allreduce\n"},
                                       {"--messages bf16-sums --reproducible", "--messages bf16-sums: goes with neither"},
                                       {"--messages bf16 --device cuda --exchange peer", "--messages bf16: goes through the host, not with --exchange peer\n"},
                                       {"--messages bf16 --device cuda --exchange mpi", "--messages bf16: goes through the host, not with --exchange mpi\n"},
                                       {"--messages bf16 --bucket-kib 8", "--messages bf16: goes with neither"},
                                       {"--messages bf16 --allreduce ring", "--messages bf16: goes with neither"},
                                       {"--precision half --device cuda --weights rounded", "--weights rounded: needs --device cpu, not cuda\n"}}) {
    const ProgramRun run = train(2, quick + options);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(contains(run.output, words));
  }
}

// Which products are taken is found when the program runs, and changes no bit.
TEST(Train, SaysHowItMultiplies) {
  const bool has = run_program("grep -qw avx512_bf16 /proc/cpuinfo").status == 0;
  const std::string by = "\nproducts of bf16: by the instruction vdpbf16ps\n", plainly = "\nproducts of bf16: in ordinary arithmetic\n";
  const auto with = [](const std::string& choice) { return train(2, quick + "--precision bf16" + choice); };
  const ProgramRun by_default = with(""), plain = with(" --instruction no"), forced = with(" --instruction yes");
  const auto weights = [](const ProgramRun& run) { return after(run.output, "; weights "); };
  EXPECT_TRUE(contains(plain.output, plainly.c_str()));
  EXPECT_NE(weights(plain), "");
  EXPECT_EQ(weights(plain), weights(by_default));
  if (has) {
    const bool taken = bool(contains(by_default.output, by.c_str()));
    const bool left = bool(contains(by_default.output, "\nproducts of bf16: in ordinary arithmetic, which is faster here than vdpbf16ps\n"));
    EXPECT_NE(taken, left) << by_default.output;
    EXPECT_TRUE(contains(forced.output, by.c_str()));
    EXPECT_EQ(weights(plain), weights(forced));
    const ProgramRun on_gpu = with(" --instruction yes --device cuda");
    EXPECT_EQ(on_gpu.status, 1) << on_gpu.output;
    EXPECT_TRUE(contains(on_gpu.output, "--instruction yes: needs --device cpu, not cuda\n"));
  } else {
    EXPECT_TRUE(contains(by_default.output, plainly.c_str()));
    EXPECT_EQ(forced.status, 1);
    EXPECT_TRUE(contains(forced.output, "--instruction yes: this processor has no vdpbf16ps\n"));
  }
  EXPECT_FALSE(contains(train(2, quick + "--precision half").output, "products of"));
}

// Sums in another order, so other bits; activations take the same memory. Without a GPU it is the CPU that stands in for one.
TEST(Train, OnAGpuIsNearTheCpu) {
  const data_sets::DataSet data({40, 3, 3, 10}, {20, 3, 3, 10});
  const std::string options = "--data " + data.folder + " --hidden 16 --epochs 3 --batch 8 --precision bf16 --device ", last = "epoch   3   loss ";
  const ProgramRun cpu = train(2, options + "cpu"), gpu = train(2, options + "cuda");
  if (found_no_gpu(gpu)) GTEST_SKIP() << "skipped: no GPU";
  ASSERT_EQ(gpu.status, 0) << gpu.output;
  EXPECT_NEAR(number_after(gpu.output, last), number_after(cpu.output, last), 0.01) << gpu.output;
  EXPECT_EQ(number_after(gpu.output, "\nactivations: "), number_after(cpu.output, "\nactivations: ")) << gpu.output;
  EXPECT_FALSE(contains(gpu.output, "products of bf16"));
}

// What a step in 16 bits is compared with, and in what words.
TEST(Bench, ComparesStepsWithChapter01s) {
  const std::string way = on_several_hosts(2) ? "rank-order" : "shared-window";
  for (const int ranks : {1, 2}) {
    const ProgramRun run = launch(ranks, "chapters/11_fewer_bits/bench --rounds 2 --steps 2 --batch 32");
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, ranks == 1 ? std::string("535818 parameters, batch 32, 1 rank; vdpbf16ps: ") : "batch 32, 2 ranks, " + way + "; vdpbf16ps: "));
    std::istringstream lines(run.output);
    std::string line;
    int rows = 0;
    while (std::getline(lines, line)) {
      double step = 0, speed = 0, times = 0;
      const bool first = line.starts_with("chapter 01, one rank ");
      if (!first && !line.starts_with("float ") && !line.starts_with("bf16, ") && !line.starts_with("half ")) continue;
      ++rows;
      const int read = std::sscanf(line.c_str() + 30, "%lf %lf %lf", &step, &speed, &times);
      EXPECT_EQ(read, first ? 2 : 3) << line;
      EXPECT_NEAR(speed, 32 / (1e-3 * step), 0.5 + 32e3 * 0.0006 / (step * step)) << line;  // of a step that is printed rounded
    }
    EXPECT_EQ(rows, run_program("grep -qw avx512_bf16 /proc/cpuinfo").status == 0 ? 5 : 4);
  }
}

TEST(Train, SendsGradientsAsBf16) {
  const auto weights = [&](int ranks, const std::string& messages) {
    const ProgramRun run = train(ranks, quick + "--messages " + messages);
    EXPECT_EQ(run.status, 0) << run.output;
    // 12730 gradients; rank 0 owns 4243 of them, sends the others to their owners and its own sums to two ranks.
    char line[80];
    std::snprintf(line, sizeof line, "\nmessages %s: rank 0 sends %.2f MB a step\n", messages.c_str(), 1e-6 * 2 * (12730 - 4243 + 2 * 4243));
    EXPECT_EQ(bool(contains(run.output, line)), ranks == 3 && messages != "float") << run.output;
    return after(run.output, "; weights ");
  };
  EXPECT_EQ(weights(1, "bf16"), weights(1, "float"));  // nothing is sent
  const std::string floats = weights(3, "float"), bf16 = weights(3, "bf16"), sums = weights(3, "bf16-sums");
  EXPECT_NE(floats, bf16);
  EXPECT_NE(bf16, sums);
}

// 12730 weights, of which rank 0 of 3 owns a third of each layer: masters and momentum of its shard alone.
TEST(ShardedProgram, TellsMemoryMessagesAndScale) {
  const std::string options = "chapters/11_fewer_bits/sharded " + quick + "--optimizer momentum --learning-rate 0.02 ";
  const ProgramRun run = launch(3, options + "--loss-scale 64");
  ASSERT_EQ(run.status, 0) << run.output;
  const size_t n = 12730, shard = share(12560, 3, 0).size() + share(170, 3, 0).size();
  char line[200];
  std::snprintf(line, sizeof line, "\nmemory of rank 0: weights %.2f MB, gradients %.2f MB, optimizer state %.2f MB, ", 4e-6 * double(n + shard),
                4e-6 * double(n), 4e-6 * double(shard));
  EXPECT_TRUE(contains(run.output, line));
  std::snprintf(line, sizeof line, "\nrank 0 sends %.2f MB a step\n", 2e-6 * double(n - shard + 2 * shard));
  EXPECT_TRUE(contains(run.output, line));
  EXPECT_TRUE(contains(run.output, "\nloss scale 64 in the end, 0 of 4 steps skipped\n"));
  for (const char* word : {"epoch   1", "memory of rank", "rank 0 sends", "; weights "}) EXPECT_EQ(times(run.output, word), 1u) << word << run.output;
  // A scale is a power of two: bf16 and float lose nothing by it.
  EXPECT_EQ(after(launch(3, options).output, "; weights "), after(run.output, "; weights "));
  EXPECT_NE(after(run.output, "; weights "), "");
  // As far as from float: one row's rank is like another's, also where some ranks have no rows.
  const ProgramRun many = launch(5, options + "--batch 4 --train-samples 40"), one = launch(1, options + "--batch 4 --train-samples 40");
  EXPECT_NEAR(number_after(many.output, "   loss "), number_after(one.output, "   loss "), 0.02) << many.output << one.output;
  // Batches of four rows and of two, in turn: ranks have a row of the first and none of the second.
  const std::string in_turn = options + "--batch 4 --train-samples 6 --epochs 6", last = "epoch   6   loss ";
  EXPECT_NEAR(number_after(launch(5, in_turn).output, last), number_after(launch(1, in_turn).output, last), 0.02);
}

// Chapter 06's loop has the same rows in the same order; only the roundings of messages are not there.
TEST(ShardedProgram, LearnsWhatTrainLearns) {
  const std::string options = quick + "--optimizer momentum --learning-rate 0.02 --epochs 3 --seed 2 ";
  const ProgramRun sharded = launch(3, "chapters/11_fewer_bits/sharded " + options), alone = train(1, "--precision bf16 " + options);
  for (int epoch = 1; epoch <= 3; ++epoch) {
    const std::string mark = "epoch   " + std::to_string(epoch) + "   loss ";
    double loss[2] = {0, 9}, accuracy[2] = {0, 999};
    for (const ProgramRun* run : {&sharded, &alone})
      std::sscanf(after(run->output, mark).c_str(), "%lf test accuracy %lf", &loss[run == &alone], &accuracy[run == &alone]);
    EXPECT_NEAR(loss[0], loss[1], 0.0005) << sharded.output << alone.output;
    EXPECT_NEAR(accuracy[0], accuracy[1], 0.3) << sharded.output << alone.output;
  }
}

TEST(ShardedProgram, HasTheSameBitsAtEveryLevelAndOnOneRank) {
  const std::string options = "chapters/11_fewer_bits/sharded " + quick + "--optimizer adam --learning-rate 0.001 --micro-batches 3 ";
  const std::string bits = after(launch(1, options).output, "; weights ");
  EXPECT_NE(bits, "");
  for (const std::string level : {"--zero 1", "--zero 2", "--zero 3 --prefetch", "--zero 3 --recompute 2"}) {
    const ProgramRun run = launch(3, options + level);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(after(run.output, "; weights "), bits) << level;
  }
  EXPECT_EQ(launch(2, options + "--zero 0").status, 1);
}

// The table again, by the definition of rounding and in plain loops; only the gradients of the parts are chapter 01's.
TEST(MessagesProgram, TellsErrorsAndBytes) {
  const ProgramRun run = launch(1, "chapters/11_fewer_bits/messages --batch 50 --ranks 1,3,8");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(run.output.starts_with("error of the sum, in percent     sums in float              sums in bf16   MB that a rank sends\n"
                                     "ranks                         kept as float   sent as bf16  sent as bf16       float     bf16\n")) << run.output;
  const ProgramRun too_many = launch(1, "chapters/11_fewer_bits/messages --batch 5 --ranks 5,6");
  EXPECT_EQ(too_many.status, 1);
  EXPECT_TRUE(contains(too_many.output, "--ranks: 6 parts of a --batch of 5 rows"));
  // Of other data: 3 x 3 pixels, so fewer weights, half of which a rank of two owns; it sends the other half, and its own.
  const data_sets::DataSet small({40, 3, 3, 7}, {20, 3, 3, 7});
  double bytes[2] = {};
  const std::string of_small = "chapters/11_fewer_bits/messages --batch 20 --ranks 2 --data " + small.folder, said = launch(1, of_small).output;
  std::sscanf(after(said, "\n    2 ").c_str(), "%*f %*f %*f %lf %lf", bytes, bytes + 1);
  EXPECT_EQ(launch(2, of_small).output, said);  // rank 0 speaks
  const double weights = 10 * 512 + 513 * 256 + 257 * 7;
  EXPECT_NEAR(bytes[0], 4e-6 * weights, 0.0051);
  EXPECT_NEAR(bytes[1], 2e-6 * weights, 0.0051);
  const Dataset train = read_mnist_train("build/data");
  const std::vector<uint32_t> order = permutation(1, 0, train.count);
  for (const int p : {1, 3, 8}) {
    std::vector<double> exact, error(3);
    std::vector<float> kept, rounded_sum;
    double size = 0;
    for (int part = 0; part < p; ++part) {
      CpuDevice cpu;
      SerialTraining training(cpu, {784, 512, 256, 10}, {}, 50, 1);
      training.step(train, order, {size_t(50 * part / p), size_t(50 * (part + 1) / p)});
      const float* const g = training.mlp().gradients(0);
      if (part == 0) exact.resize(training.layout().count), kept = rounded_sum = std::vector<float>(exact.size(), 0.0f);
      for (size_t i = 0; i < exact.size(); ++i) {
        exact[i] += double(g[i]);
        kept[i] += rounded(g[i], bf16_format);
        rounded_sum[i] = rounded(rounded_sum[i] + rounded(g[i], bf16_format), bf16_format);
      }
    }
    for (size_t i = 0; i < exact.size(); ++i) {
      size += exact[i] * exact[i];
      const double wrong[] = {kept[i] - exact[i], rounded(kept[i], bf16_format) - exact[i], rounded_sum[i] - exact[i]};
      for (size_t k = 0; k < 3; ++k) error[k] += wrong[k] * wrong[k];
    }
    char label[20];
    std::snprintf(label, sizeof label, "\n%5d ", p);
    std::istringstream words(after(run.output, label));
    double told[5] = {};
    for (double& number : told) words >> number;
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(told[k], 100 * std::sqrt(error[k] / size), 0.00051) << p << "\n" << run.output;
    const double own = std::floor(double(exact.size()) / p), numbers = double(exact.size()) - own + own * (p - 1);
    EXPECT_NEAR(told[3], 4e-6 * numbers, 0.0051) << run.output;
    EXPECT_NEAR(told[4], 2e-6 * numbers, 0.0051) << run.output;
  }
}

// Values that can be checked by hand: 257 lies halfway between 256 and 258, 2049 between 2048 and 2050.
TEST(FormatsProgram, TellsWhatNumbersBecome) {
  const ProgramRun run = launch(1, "chapters/11_fewer_bits/formats --steps 0");
  ASSERT_EQ(run.status, 0) << run.output;
  for (const char* line : {
           "number                 float            tf32            bf16            half    half-flushed\n",
           "0.1              0.100000001    0.0999755859     0.100097656    0.0999755859    0.0999755859\n",
           "0.333333333      0.333333343     0.333251953     0.333984375     0.333251953     0.333251953\n",
           "1e-07         1.00000001e-07  1.00000761e-07  1.00117177e-07   1.1920929e-07               0\n",
           "257                      257             257             256             257             257\n",
           "2049                    2049            2048            2048            2048            2048\n",
           "70000                  70000           70016           70144             inf             inf\n",
           "1e-05         9.99999975e-06  9.99867916e-06  1.00135803e-05  1.00135803e-05               0\n",
           "1e-08         9.99999994e-09  9.99716576e-09  1.00117177e-08               0               0\n",
           "\nformat          bits  exponent  fraction      largest  least normal        least  step at 1    at 1000   at 0.001\n",
           "float             32         8        23    3.403e+38      1.18e-38      1.4e-45    1.2e-07    6.1e-05    1.2e-10\n",
           "tf32              19         8        10    3.401e+38      1.18e-38     1.15e-41    0.00098        0.5    9.5e-07\n",
           "bf16              16         8         7     3.39e+38      1.18e-38     9.18e-41     0.0078          4    7.6e-06\n",
           "half              16         5        10     6.55e+04       6.1e-05     5.96e-08    0.00098        0.5    9.5e-07\n",
           "half-flushed      16         5        10     6.55e+04       6.1e-05      6.1e-05    0.00098        0.5    9.5e-07\n"})
    EXPECT_TRUE(contains(run.output, line));
  EXPECT_TRUE(contains(launch(1, "chapters/11_fewer_bits/formats --steps 0 --number 0.3").output, "\n0.3              0.300000012"));
  EXPECT_EQ(launch(2, "chapters/11_fewer_bits/formats --steps 0").output, run.output);  // rank 0 speaks
}

TEST(FormatsProgram, NamesAFullDisk) {
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  const data_sets::DataSet data({20, 3, 3, 10}, {20, 3, 3, 10});
  const ProgramRun run = launch(1, "chapters/11_fewer_bits/formats --data " + data.folder + " --steps 1 --batch 8 --csv " + full.file());
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(run.output.ends_with("\n" + full.file() + ": cannot be written\n")) << run.output;
}

// The table of exponents, from the numbers of a training run of this process.
void expect_exponents(const std::string& folder, size_t steps, size_t batch) {
  const std::string csv = testing::TempDir() + "exponents_" + std::to_string(getpid()) + ".csv";
  const ProgramRun run = launch(1, "chapters/11_fewer_bits/formats --data " + folder + " --steps " + std::to_string(steps) + " --batch " + std::to_string(batch) +
                                       " --csv " + csv);
  ASSERT_EQ(run.status, 0) << run.output;
  const Dataset train = read_mnist_train(folder);
  CpuDevice cpu;
  SerialTraining training(cpu, {int(train.features()), 512, 256, int(train.classes)}, {}, int(batch), 1);
  const size_t in_epoch = (train.count + batch - 1) / batch;
  std::vector<uint32_t> order;
  const auto rows = [&](size_t step) {  // whose order is that of its epoch; the last batch is what is left
    order = permutation(1, uint32_t(step / in_epoch), train.count);
    return Range{step % in_epoch * batch, std::min(step % in_epoch * batch + batch, train.count)};
  };
  for (size_t step = 0; step < steps; ++step) {
    const Range part = rows(step);
    training.step(train, order, part);
  }
  const Range last = rows(steps);
  const auto all = numbers_of_a_step(training, train, order, last);
  const auto count_of = [&](size_t k, int top) {
    size_t count = 0;
    for (float x : all[k].values) {
      int exponent = 0;
      std::frexp(x, &exponent);  // x = 0.1... · 2^exponent
      count += (exponent - 1 <= top || top == 5) && (exponent - 1 > top - 3 || top == -37);
    }
    return count;
  };
  size_t most[4] = {};
  for (size_t k = 0; k < 4; ++k)
    for (int top = 5; top >= -37; top -= 3) most[k] = std::max(most[k], count_of(k, top));
  for (int top = 5; top >= -37; top -= 3) {
    char label[40];
    if (top == -37) std::snprintf(label, sizeof label, "\n2^-37 and less");
    else std::snprintf(label, sizeof label, "\n2^%-3d to 2^%-3d", top - 2, top);
    std::string line = after(run.output, label);
    ASSERT_TRUE(contains(run.output, label));
    line += std::string(100, ' ');
    for (size_t k = 0; k < all.size(); ++k) {
      const size_t count = count_of(k, top);
      char share[20];
      std::snprintf(share, sizeof share, "  %5.1f %%", 100.0 * double(count) / double(all[k].values.size()));
      EXPECT_EQ(line.substr(20 * k, 9), count > 0 ? share : std::string(9, ' ')) << label << " " << all[k].kind << "\n" << run.output;
      const size_t length = (10 * count + most[k] - 1) / most[k];  // of the bar: ten for the fullest row, one at least
      EXPECT_EQ(std::count(line.begin() + long(20 * k + 9), line.begin() + long(20 * k + 20), '#'), long(length)) << label << " " << all[k].kind;
    }
    line.resize(line.find('\n') == std::string::npos ? line.size() : line.find('\n'));
    EXPECT_EQ(line.size() > 80 ? line.substr(80) : "", top == -13 ? "  half: least normal, 2^-14" : top == -22 ? "  half: least, 2^-24" : "") << line;
  }
  // The file has a line for each exponent.
  std::ifstream file(csv);
  std::string line, expected = "kind,exponent,percent\n", is;
  while (std::getline(file, line)) is += line + "\n";
  for (const Numbers& numbers : all) {
    std::vector<float> sizes;
    for (float x : numbers.values) sizes.push_back(std::abs(x));
    std::ranges::sort(sizes);
    const auto below = [&](int exponent) { return std::lower_bound(sizes.begin(), sizes.end(), std::ldexp(1.0, exponent)) - sizes.begin(); };
    for (int exponent = -149; exponent < 128; ++exponent) {
      const auto count = below(exponent + 1) - below(exponent);
      std::ostringstream percent;
      percent << 100.0 * double(count) / double(numbers.values.size());
      if (count > 0) expected += numbers.kind + "," + std::to_string(exponent) + "," + percent.str() + "\n";
    }
  }
  EXPECT_EQ(is, expected);
  std::remove(csv.c_str());
  // What becomes zero: up to half of the smallest number; without denormals, what is nearer to the largest of these than to the
  // smallest normal number.
  struct Lost {
    std::string name;
    double limit;
    bool limit_too;
  };
  const std::string kinds = "  weights             activations         their gradients     weights' gradients\n";
  for (const char* left : {"\nsize          ", "\nmade zero by  "}) EXPECT_TRUE(contains(run.output, left + kinds));
  const std::string lost = run.output.substr(run.output.find("made zero by"));
  for (const Lost& format : {Lost{"bf16", 0x1p-134, true}, {"half", 0x1p-25, true}, {"half-flushed", 0x1p-14 - 0x1p-25, false}}) {
    std::istringstream words(after(lost, "\n" + format.name + " "));
    for (const Numbers& numbers : all) {
      double told = -1;
      std::string percent;
      words >> told >> percent;
      const auto zeros = std::ranges::count_if(numbers.values, [&](float x) {
        return std::abs(double(x)) < format.limit || (format.limit_too && std::abs(double(x)) == format.limit);
      });
      EXPECT_NEAR(told, 100.0 * double(zeros) / double(numbers.values.size()), 0.051) << format.name << " " << numbers.kind << "\n" << run.output;
    }
  }
}

TEST(FormatsProgram, TellsHowLargeNumbersAre) {
  expect_exponents("build/data", 3, 40);
  const data_sets::DataSet data({20, 3, 3, 7}, {20, 3, 3, 7});  // batches of 8, 8 and 4
  expect_exponents(data.folder, 7, 8);
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/11_fewer_bits/train --precision bf16");
}

}  // namespace
