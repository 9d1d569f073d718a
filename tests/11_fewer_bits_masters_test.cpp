// ranks: 1 2 3 5
//
// Masters in shards, ZeRO 1 to 3 in 16 bits: steps against plain loops, memory and messages by formula, an overflow that one rank sees.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/sharded_masters.h"
#include "tests/07_sharded_runs.h"
#include "tests/error_of.h"
#include "tests/late_device.h"

namespace {

using Floats = std::vector<float>;

// Powers of two: by hand nothing else is rounded than on the device.
const OptimizerOptions momentum = {.name = "momentum", .learning_rate = 0.25, .momentum = 0.5};

Floats rounded(Floats values) {
  for (float& x : values) x = ::rounded(x, bf16_format);
  return values;
}
void add(Floats& sum, const Floats& more) {
  if (sum.empty()) sum = more;
  else for (size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
}

struct Plain {
  Floats masters, copies;
};

// On this rank alone, with momentum by hand: the gradient of each micro-batch is rounded and added; new weights of all are rounded copies of
// the masters. names: of the ranks' nodes, where they are added first, and only the nodes' sums are rounded, if there are several.
Plain train_by_hand(Device& device, const Dataset& data, const std::vector<int>& sizes, size_t batch_rows, int micro_batches,
                    const std::vector<int>& names = {}) {
  const Layout layout = make_layout(sizes);
  const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  Plain w;
  w.masters.resize(layout.count);
  initialize(w.masters.data(), layout, 1);
  w.copies = rounded(w.masters);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  Floats velocity(layout.count, 0.0f);
  const bool travels = names.empty() || std::ranges::count(names, names[0]) < long(names.size());
  for (const Range batch : batches(data.count, batch_rows)) {
    device.copy_in(parameters.data(), w.copies.data(), layout.count);
    Floats total;
    for (size_t first = 0; first < size_t(micro_batches); first += size_t(ranks())) {
      std::vector<int> nodes;  // in the order of their first ranks
      std::map<int, Floats> sums;
      size_t rows_of_round = 0;
      for (size_t m = first; m < first + size_t(ranks()); ++m) {
        const Range own{m, std::min(m + 1, std::max(m, size_t(micro_batches)))};
        const size_t rows = own.empty() ? 0 : share(batch, size_t(micro_batches), m).size();
        rows_of_round += rows;
        if (rows == 0 && names.empty()) continue;
        device.fill(gradients, 0.0f, layout.count);
        gradients_of(mlp, head, data, order, batch, micro_batches, own);
        Floats g(layout.count);
        device.copy_out(g.data(), gradients.data(), layout.count);
        const int name = names.empty() ? int(m) : names[m - first];
        if (!sums.contains(name)) nodes.push_back(name);
        add(sums[name], g);
      }
      if (rows_of_round == 0) continue;
      Floats round;
      for (int node : nodes) {
        const Floats sum = travels ? rounded(sums[node]) : sums[node];
        add(names.empty() ? total : round, sum);
      }
      if (!names.empty()) add(total, round);
    }
    for (size_t i = 0; i < layout.count; ++i) {
      velocity[i] = 0.5f * velocity[i] + total[i];
      w.masters[i] -= 0.25f * velocity[i];
    }
    w.copies = rounded(w.masters);
  }
  return w;
}

std::unique_ptr<Device> device_of(const std::string& kind) {
  if (kind == "bf16") return std::make_unique<FewerBitsDevice>("bf16");
  return test_device(kind);
}

struct Way {
  const char* name;
  ZeroOptions options;
};
std::vector<Way> ways_of(int micro_batches) {
  const int64_t m = micro_batches;
  return {{"level 1", {.level = 1, .micro_batches = m}},
          {"level 2, units of two layers", {.level = 2, .unit = 50, .micro_batches = m}},
          {"level 3", {.level = 3, .micro_batches = m}},
          {"level 3, prefetch", {.level = 3, .micro_batches = m, .prefetch = true}},
          {"level 3, one unit", {.level = 3, .unit = 1 << 30, .micro_batches = m}},
          {"level 3, computed again", {.level = 3, .micro_batches = m, .prefetch = true, .recompute = 2}}};
}

void expect_by_hand(ShardedRun& run, Device& device, const Plain& expected, const std::string& what) {
  run.epoch();
  const Floats weights = run.weights();
  EXPECT_ON_ALL_RANKS(compare(weights, expected.copies).same_bits()) << what << ": " << compare(weights, expected.copies);
  EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01) << what;
  const Shards& shards = run.zero().shards();
  bool same = true;
  for (size_t u = 0; u < shards.units.size(); ++u) {
    const Range part = shards.part(u, rank());
    Floats masters(part.size());
    device.copy_out(masters.data(), run.zero().own_weights(u), part.size());
    same = same && std::equal(masters.begin(), masters.end(), expected.masters.begin() + long(part.first));
  }
  EXPECT_ON_ALL_RANKS(same) << what << ": masters";
}

// Three batches, the last one of 3 rows; with 11 micro-batches some are empty.
TEST(Masters, StepAsPlainLoopsDo) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 23);
  for (const std::string kind : {"bf16", "late"})
    for (const int micro_batches : {1, ranks(), 2 * ranks() + 1}) {
      const std::unique_ptr<Device> alone = device_of(kind == "bf16" ? "bf16" : "cpu");
      const Plain expected = train_by_hand(*alone, data, odd_sizes, 10, micro_batches);
      for (Way& way : ways_of(micro_batches)) {
        way.options.format = messages_of("bf16");
        const std::unique_ptr<Device> device = device_of(kind);
        ShardedRun run(*device, data, odd_sizes, 10, momentum, way.options, MPI_COMM_WORLD);
        expect_by_hand(run, *device, expected, kind + ", " + way.name + ", " + std::to_string(micro_batches) + " micro-batches");
      }
    }
}

TEST(Masters, StepAsPlainLoopsDoBetweenNodes) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 23);
  const int micro_batches = 2 * ranks() + 1;
  for (const std::vector<int>& nodes : some_nodes()) {
    CpuDevice alone;
    const Plain expected = train_by_hand(alone, data, odd_sizes, 10, micro_batches, nodes);
    for (Way& way : ways_of(micro_batches)) {
      way.options.format = messages_of("bf16"), way.options.two_level = true, way.options.nodes = nodes;
      const std::unique_ptr<Device> device = device_of("late");
      ShardedRun run(*device, data, odd_sizes, 10, momentum, way.options, MPI_COMM_WORLD);
      expect_by_hand(run, *device, expected, "nodes " + testing::PrintToString(nodes) + ", " + way.name);
    }
  }
}

TEST(Masters, AreMemoryAndMessagesByFormula) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 20);
  for (const int micro_batches : {1, ranks(), 2 * ranks() + 1})
    for (Way& way : ways_of(micro_batches))
      for (const char* optimizer : {"sgd", "adam"}) {
        way.options.format = messages_of("bf16");
        FewerBitsDevice device("bf16");
        ShardedRun run(device, data, odd_sizes, 20, rule(optimizer), way.options, MPI_COMM_WORLD);
        const size_t words = words_sent(), floats = traffic().floats;
        run.step({0, 20});
        Footprint found = counted(device);
        found.sent = 2 * (words_sent() - words) + 4 * (traffic().floats - floats);
        const Footprint formula = predict_sixteen_bits(run.zero().shards(), way.options, state_vectors(rule(optimizer)), rank());
        const std::string what = std::string(way.name) + ", " + std::to_string(micro_batches) + " micro-batches, " + optimizer;
        EXPECT_ON_ALL_RANKS(found.parameters == formula.parameters) << what << ": " << found.parameters << ", " << formula.parameters;
        EXPECT_ON_ALL_RANKS(found.gradients == formula.gradients) << what << ": " << found.gradients << ", " << formula.gradients;
        EXPECT_ON_ALL_RANKS(found.optimizer == formula.optimizer) << what << ": " << found.optimizer << ", " << formula.optimizer;
        EXPECT_ON_ALL_RANKS(found.exchange == formula.exchange) << what << ": " << found.exchange << ", " << formula.exchange;
        EXPECT_ON_ALL_RANKS(found.sent == formula.sent) << what << ": " << found.sent << ", " << formula.sent;
        // Half of the bytes of floats.
        EXPECT_ON_ALL_RANKS(2 * found.sent == predict(run.zero().shards(), way.options, 0, rank()).sent) << what;
      }
}

// The formula itself, for eight layers of 240 on four ranks, by hand: a shard is 480, a part 60; received are three parts of gradients,
// and rounded are this rank's gradients and new weights of a layer.
TEST(Masters, FormulasInNumbers) {
  const Shards shards{make_units(make_layout(std::vector<int>(9, 15)), 1), 4};
  const size_t words = 2 * (3 * 60 + 240 + 240);
  for (const auto& [level, parameters, gradients] : {std::tuple{1, 1920 + 480, 1920}, {2, 1920 + 480, 480 + 240}, {3, 480 + 240, 480 + 240}}) {
    const Footprint f = predict_sixteen_bits(shards, {.level = level, .micro_batches = 4}, 2, 1);
    EXPECT_ON_ALL_RANKS(f.parameters == 4 * size_t(parameters) && f.gradients == 4 * size_t(gradients) && f.optimizer == 4 * 2 * 480) << level;
    EXPECT_ON_ALL_RANKS(f.exchange == words && f.sent == size_t(level < 3 ? 2 * 2 * 3 * 480 : 2 * (3 * 3 * 480 - 3 * 60))) << level;
  }
}

// A rank may overflow on it: the next gradient of a layer ends with `value`.
struct OverflowingDevice : FewerBitsDevice {
  OverflowingDevice() : FewerBitsDevice("bf16") {}
  std::optional<float> value;
  bool happened = false;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    FewerBitsDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
    if (!value || rows == 0) return;
    dw[size_t(in) * size_t(out) - 1] = *value;
    value.reset();
    happened = true;
  }
};

struct Step {
  double scale, loss;
  Floats weights;
};

// Four steps on the same rows, in the second one of which rank `who` overflows; -1: none.
std::vector<Step> steps_of(const ZeroOptions& options, int who, float value, bool& overflowed, MPI_Comm comm = MPI_COMM_WORLD) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 20);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  OverflowingDevice device;
  const Space space{.rows = 20, .keep_every = int(options.recompute)};
  Mlp mlp(device, make_layout(odd_sizes), nullptr, nullptr, space);
  SoftmaxHead head(device, space);
  Zero zero(mlp, momentum, options, comm);
  Floats weights(mlp.layout().count);
  initialize(weights.data(), mlp.layout(), 1);
  zero.load(weights);
  LossScale scale({.initial = 256, .dynamic = true, .good_steps = 2});
  std::vector<Step> steps;
  for (int step = 0; step < 4; ++step) {
    if (step == 1 && who == rank()) device.value = value;
    double loss = 0;
    for (int round = 0; round < zero.rounds(); ++round) {
      const Range rows = zero.begin_round({0, 20}, round);
      load_images(mlp, data, order, rows);
      head.load_labels(data, order, rows);
      mlp.forward(int(rows.size()));
      head.backward(mlp, 20);
      scale.scale(mlp);
      mlp.backward(Write::overwrite);
      loss += head.loss(mlp, 20);
    }
    loss = step_together(zero, device, loss, scale, comm);
    zero.save(weights);
    steps.push_back({scale.value(), loss, weights});
  }
  int happened = device.happened;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &happened, 1, MPI_INT, MPI_SUM, comm));
  overflowed = happened > 0;
  return steps;
}

// One number that is not finite, in the shard of one rank, from another one: nobody takes the step, all halve their scale; what follows is
// the run without it. A scale is a power of two, and changes no bit.
TEST(Masters, AgreeAboutAnOverflow) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 20);
  FewerBitsDevice alone("bf16");
  const Plain one_step = train_by_hand(alone, data, odd_sizes, 20, 2 * ranks());
  for (Way& way : ways_of(2 * ranks())) {
    way.options.format = messages_of("bf16");
    bool overflowed = false;
    const std::vector<Step> good = steps_of(way.options, -1, 0, overflowed);
    EXPECT_ON_ALL_RANKS(!overflowed && good[0].weights == one_step.copies && good[0].weights != good[1].weights && good[3].scale == 1024) << way.name;
    for (int who = 0; who < ranks(); ++who) {
      const float value = who % 2 == 0 ? -INFINITY : NAN;
      const std::vector<Step> steps = steps_of(way.options, who, value, overflowed);
      const std::string where = std::string(way.name) + ", rank " + std::to_string(who);
      EXPECT_ON_ALL_RANKS(overflowed) << where;
      EXPECT_ON_ALL_RANKS(steps[0].scale == 256 && steps[1].scale == 128 && steps[2].scale == 128 && steps[3].scale == 256) << where;
      EXPECT_ON_ALL_RANKS(steps[0].weights == good[0].weights && steps[1].weights == good[0].weights) << where;
      EXPECT_ON_ALL_RANKS(steps[2].weights == good[1].weights && steps[3].weights == good[2].weights) << where;
      EXPECT_ON_ALL_RANKS(steps[2].loss == good[1].loss && steps[3].loss == good[2].loss) << where;
    }
  }
}

// The ranks beside rank 0, in the opposite order, step as each of them does alone; rank 0 does nothing meanwhile.
TEST(Masters, AreThoseOfTheRanksOfACommunicator) {
  MPI_Comm others;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() > 0, -rank(), &others));
  for (Way& way : ways_of(6)) {
    way.options.format = messages_of("bf16");
    bool right = true, overflowed = false;
    if (rank() > 0) {
      const std::vector<Step> alone = steps_of(way.options, -1, 0, overflowed, MPI_COMM_SELF), together = steps_of(way.options, -1, 0, overflowed, others);
      for (size_t i = 0; i < 4; ++i)
        right = right && together[i].weights == alone[i].weights && together[i].scale == alone[i].scale && std::abs(together[i].loss - alone[i].loss) <= 1e-12;
    }
    EXPECT_ON_ALL_RANKS(right) << way.name;
  }
  MPI_CHECK(MPI_Comm_free(&others));
}

TEST(Masters, NeedALevel) {
  const Dataset data = random_dataset(13, 20);
  CpuDevice device;
  ZeroOptions options{.level = 0};
  options.format = messages_of("bf16");
  EXPECT_ON_ALL_RANKS(error_of([&] { ShardedRun(device, data, odd_sizes, 20, momentum, options, MPI_COMM_WORLD); }) ==
                      "messages of 16 bits need --zero 1, 2 or 3: at level 0 no weights travel");
}

}  // namespace
