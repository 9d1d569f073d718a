// ranks: 1 2 3 5
//
// A gradient that is not finite on one rank: all ranks skip the step, with the same loss scale afterwards. What the benchmark prints of
// steps whose times are known. And what status a training has that disagrees with the serial run.
#include <gtest/gtest.h>

#include <cstdio>

#include "chapters/01_serial/require_samples.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/fewer_bits.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/sharded_masters.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/statistics.h"
#include "tests/data_sets.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

// Five rounds of the benchmark, of which nothing is timed: the seconds of a serial step, of one of setting k = 1, 2, ..., and how many times as
// fast it is. devices: those of the settings.
namespace bench_program {
const std::vector<double> serial = {2, 4, 7, 8, 9}, seconds = {8, 3, 2, 1, 5}, times = {20, 1, 5, 10, 2};
std::vector<double> latency = {40, 70, 30, 60, 50};  // none where each rank has a host of its own
std::vector<std::string> devices;
double lost = 0;  // of the time
std::string told(const Device& device) {
  const auto* few = dynamic_cast<const FewerBitsDevice*>(&device);
  const float third = 1.0f / 3;
  uint16_t bits = 0;
  if (few) few->stored_as().narrow(&bits, &third, 1);
  return !few ? "float" : bits == half_bits(third) ? "half" : few->by_instruction() ? "bf16, by the instruction" : "bf16";
}
Setting noted_setting(const std::string& name, const DataParallelOptions& o, const Dataset& train,
                      std::unique_ptr<Device> device = make_cpu_device()) {
  devices.push_back(told(*device));
  return make_setting(name, o, train, std::move(device));
}
Rounds known_turns(std::vector<Setting>& settings, const DataParallelOptions& o, const Dataset&, int64_t rounds, int64_t steps, const MpiSession&) {
  EXPECT_TRUE(o.batch == 40 && o.watch == 0 && rounds == 5 && steps == 3);
  for (size_t k = 1; k <= settings.size(); ++k)
    for (size_t round = 0; round < 5; ++round) {
      settings[k - 1].step.push_back(seconds[round] / double(k));
      settings[k - 1].speedup.push_back(times[round] * double(k));
    }
  return {serial, {}, latency, lost};
}
#define make_setting noted_setting
#define take_turns known_turns
#include "chapters/11_fewer_bits/bench.cpp"
#undef make_setting
#undef take_turns
}  // namespace bench_program

namespace train_program {
int spoiled = 0;  // then it takes the images in another order than the serial run
struct WeightsOfTest : StoredWeights {
  static inline uint64_t seed_of_last = 0;
  WeightsOfTest(const std::string& how, const SixteenBits* format, float* parameters, size_t n, uint64_t seed)
      : StoredWeights(how, format, parameters, n, seed) {
    seed_of_last = seed;
  }
};
#define permutation(seed, epoch, count) permutation((seed) + spoiled, epoch, count)
#define StoredWeights WeightsOfTest
#include "chapters/11_fewer_bits/train.cpp"
#undef permutation
#undef StoredWeights
}  // namespace train_program

namespace sharded_program {
#include "chapters/11_fewer_bits/sharded.cpp"
}  // namespace sharded_program

namespace {

// Four steps on 30 samples; in the step `bad` one number of the last rank's gradient is infinite. After each step: was it taken, the
// scale, and the weights.
struct Step {
  bool taken;
  double scale;
  std::vector<float> weights;
};
std::vector<Step> run(bool reproducible, int bad) {
  FewerBitsDevice device("half");
  const Dataset data = data_sets::tiny_data(30);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  DataParallelOptions o(ranks);
  o.batch = 30;
  o.micro_batches = reproducible ? ranks : 1;
  o.reproducible = reproducible;
  const Layout layout = make_layout({4, 6, 3});
  const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters.data(), layout, 1);
  Mlp mlp(device, layout, parameters, gradients, {.rows = o.largest_micro_batch()});
  SoftmaxHead head(device, {.rows = o.largest_micro_batch()});
  Optimizer optimizer(device, {}, layout.count);
  LossScale scale({.initial = 256, .dynamic = true, .good_steps = 2});
  const auto exchange = make_exchange(o, data.count, mlp, head, gradients);
  std::vector<Step> steps;
  for (int step = 0; step < 4; ++step) {
    double loss = 0;
    for (int m = 0; m < o.micro_batches; ++m) {
      const Range mine = exchange->begin({0, 30}, m);
      if (mine.empty()) continue;
      load_images(mlp, data, order, mine);
      head.load_labels(data, order, mine);
      mlp.forward(int(mine.size()));
      head.backward(mlp, 30);
      scale.scale(mlp);
      if (step == bad && rank == ranks - 1) mlp.output_gradient()[0] = 0x1p120f;  // too large for a half
      mlp.backward(Write::overwrite);
      loss += head.loss(mlp, 30);
    }
    exchange->finish(loss);
    const bool taken = scale.unscale(device, gradients, layout.count);
    if (taken) optimizer.step(parameters, gradients);
    steps.push_back({taken, scale.value(), {parameters.data(), parameters.data() + layout.count}});
  }
  return steps;
}

// Of five numbers the median is the third one in their order, and the quartiles are its neighbours.
TEST(Bench, PrintsItsRounds) {
  const data_sets::DataSet data({60, 4, 4, 7}, {20, 4, 4, 7});
  std::vector<std::string> options = {"--rounds", "5", "--steps", "3", "--batch", "40", "--data", data.folder, "--only-if-quiet"};
  const auto run = [&](int status) {
    Arguments arguments(options);
    return printed_by([&] { EXPECT_EQ(bench_program::bench(*session_of_test, arguments.count(), arguments.values()), status); });
  };
  const std::string printed = run(session_of_test->node_size() > usable_cores() ? 77 : 0);
  const int parameters = 17 * 512 + 513 * 256 + 257 * 7;
  const std::string together = on_one_host() ? "shared-window" : "rank-order", way = ranks == 1 ? "1 rank" : std::to_string(ranks) + " ranks, " + together;
  const std::string taken = !has_bf16_instruction() ? "not on this processor" : bf16_instruction_pays() ? "taken" : "slower here, not taken";
  const std::string head = machine_name() + (on_one_host() ? "" : "; ranks on several hosts") + "\n" + std::to_string(parameters) + " parameters, batch 40, " +
                           way + "; vdpbf16ps: " + taken + "\ncore to core: 50 ns (30 to 70 ns)\na rank was without its core for 0.0 % of the time: ";
  EXPECT_ON_ALL_RANKS(rank > 0 || printed.starts_with(head)) << printed << head;
  std::vector<std::string> names = {"float", "bf16, in ordinary arithmetic", "bf16, by vdpbf16ps", "half"}, devices = {"float", "bf16", "bf16, by the instruction", "half"};
  if (!has_bf16_instruction()) names.erase(names.begin() + 2), devices.erase(devices.begin() + 2);
  EXPECT_ON_ALL_RANKS(bench_program::devices == devices) << testing::PrintToString(bench_program::devices);
  char row[200];
  std::snprintf(row, sizeof row, "%-30s %9.3f %10.0f\n", "chapter 01, one rank", 7000.0, 40 / 7.0);
  const std::string gap(30, ' ');
  std::string rows = "\n\n" + gap + " ms a step  samples/s times chapter 01's step on\n" + std::string(58, ' ') + "one rank (quartiles)\n" + row;
  for (size_t i = 0; i < names.size(); ++i) {
    const double k = double(i + 1);
    std::snprintf(row, sizeof row, "%-30s %9.3f %10.0f %8.2f (%.2f to %.2f)\n", names[i].c_str(), 3000 / k, 40 * k / 3, 5 * k, 2 * k, 10 * k);
    rows += row;
  }
  EXPECT_ON_ALL_RANKS(rank > 0 ? printed.empty() : printed.ends_with(rows)) << printed << rows;
  // Somebody else had the cores, or there are too few: the status says so, on every rank, if that is asked for.
  bench_program::lost = 0.875, bench_program::latency.clear();
  const std::string disturbed = run(77), why = session_of_test->node_size() > usable_cores() ? "MORE RANKS THAN CORES" : "DISTURBED";
  EXPECT_ON_ALL_RANKS(!contains(disturbed, "core to core")) << disturbed;
  EXPECT_ON_ALL_RANKS(rank > 0 || disturbed.find("\na rank was without its core for 87.5 % of the time: " + why + "\n") != std::string::npos) << disturbed;
  options.pop_back();
  run(0);
}

TEST(Scale, IsAgreedByAllRanks) {
  for (const bool reproducible : {false, true}) {
    const std::vector<Step> steps = run(reproducible, 1), good = run(reproducible, -1);
    // Taken, skipped and halved, taken twice and doubled.
    const std::vector<double> scales = {256, 128, 128, 256};
    bool right = true;
    for (size_t i = 0; i < steps.size(); ++i) right = right && steps[i].taken == (i != 1) && steps[i].scale == scales[i];
    EXPECT_ON_ALL_RANKS(right) << "reproducible " << reproducible;
    EXPECT_ON_ALL_RANKS(steps[1].weights == steps[0].weights);
    // What follows is the run without the bad step, one later: scales are powers of two and change nothing here.
    EXPECT_ON_ALL_RANKS(steps[2].weights == good[1].weights && steps[3].weights == good[2].weights);
    EXPECT_ON_ALL_RANKS(good[0].weights != good[1].weights);
  }
}

TEST(Train, HasAStatusIfItDisagreesWithTheSerialRun) {
  const data_sets::DataSet files({60, 4, 4, 7}, {20, 4, 4, 7});
  for (train_program::spoiled = 1; train_program::spoiled >= 0; --train_program::spoiled) {
    Arguments arguments({"--data", files.folder, "--hidden", "20", "--batch", "12", "--epochs", "1", "--seed", "5", "--compare-with-serial"});
    int status = -1;
    const std::string printed = printed_by([&] { status = train_program::train_on_all_ranks(*session_of_test, arguments.count(), arguments.values()); });
    EXPECT_ON_ALL_RANKS(status == train_program::spoiled) << printed;
    EXPECT_ON_ALL_RANKS(train_program::WeightsOfTest::seed_of_last == 5) << "of weights that are rounded stochastically";
  }
  train_program::spoiled = 0;
}

// Weights stay floats then, whatever is said of them; elsewhere than on a CPU nothing else can be done.
TEST(Options, LeaveFloatsAloneOnAGpu) {
  Dataset data = data_sets::tiny_data(30);
  FewerBitsOptions o(ranks);
  o.batch = 30, o.weights = "rounded", o.device = "cuda";
  EXPECT_ON_ALL_RANKS(error_of([&] { o.apply(data); }).empty());
  o.precision = "bf16";
  EXPECT_ON_ALL_RANKS(error_of([&] { o.apply(data); }) == "--weights rounded: needs --device cpu, not cuda");
  o.weights = "master";
  EXPECT_ON_ALL_RANKS(error_of([&] { o.apply(data); }).empty());
}

// Every second activation is kept, those that are narrow: of the four wide ones there is one at a time.
TEST(Sharded, ComputesActivationsAgainToSaveMemory) {
  const data_sets::DataSet files({60, 4, 4, 7}, {20, 4, 4, 7});
  const auto activations = [&](const char* recompute) {
    Arguments arguments({"--data", files.folder, "--hidden", "4000,5,4000,5,4000,5,4000,5", "--batch", "50", "--epochs", "0", "--zero", "3", "--recompute", recompute});
    const std::string printed = printed_by([&] { sharded_program::train_on_all_ranks(*session_of_test, arguments.count(), arguments.values()); });
    const size_t at = printed.find("activations ");
    return at == std::string::npos ? -1.0 : std::atof(printed.c_str() + at + 12);
  };
  const double all = activations("1"), some = activations("2");
  EXPECT_ON_ALL_RANKS(rank > 0 || (some > 0 && some < 0.8 * all)) << some << ", of " << all;
}

}  // namespace
