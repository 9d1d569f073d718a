// A training step on simulated ranks: the programs of earlier chapters compute there what they compute on real ones, the modelled device
// takes what it should, grids are searched, and the laws of scaling belong together.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <new>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/laws.h"
#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/step_time.h"
#include "common/compare.h"
#include "common/philox.h"
#include "tests/13_simulated_ranks.h"
#include "tests/known_clock.h"
#include "tests/terminal.h"
#include "tests/training_runs.h"

using namespace simulated_ranks;

// ---- Training: the programs of earlier chapters ----

namespace {

const std::vector<int> sizes = {17, 13, 11, 13, 11, 13, 11, 13, 10};

HybridSettings settings(int micro_batches, bool reproducible) {
  return {.sizes = sizes,
          .batch = 29,
          .micro_batches = micro_batches,
          .reproducible = reproducible,
          .optimizer = {.learning_rate = 0.1}};
}

struct Trained {
  std::vector<float> weights;
  double loss = 0, seconds = 0;
  size_t messages = 0;
};

Trained train(const Cluster& cluster, const HybridSettings& s, const GridShape& shape) {
  const Dataset data = random_dataset(17, 29);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  Trained result;
  const Simulated simulated = simulate(cluster, shape.ranks(), [&] {
    ModelledDevice device(cluster, Contents::real);
    const Grid grid(shape, MPI_COMM_WORLD);
    HybridModel model(device, grid, s);
    model.initialize(1);
    double loss = 0;
    for (int step = 0; step < 5; ++step) loss = model.step(data, order, {0, data.count}).loss;
    const std::vector<float> weights = model.weights();
    if (rank() == 0) result.weights = weights, result.loss = loss;
  });
  result.seconds = simulated.seconds;
  result.messages = simulated.sum().messages;
  return result;
}

}  // namespace

// Far more ranks than this machine has cores; with `reproducible` every bit is that of one rank.
TEST(Training, AnyGridWithoutTensorRanksEndsWithTheBitsOfOneRank) {
  const Cluster cluster = load_cluster("ethernet");
  const Trained one = train(cluster, settings(29, true), {1, 1, 1});
  std::vector<float> initial(one.weights.size());
  initialize(initial.data(), make_layout(sizes), 1);
  EXPECT_GT(compare(one.weights, initial).max_abs, 1e-3);  // it learns
  for (const GridShape shape : {GridShape{2, 1, 1}, {29, 1, 1}, {1, 8, 1}, {4, 4, 1}, {29, 8, 1}}) {
    const Trained many = train(cluster, settings(29, true), shape);
    EXPECT_TRUE(compare(many.weights, one.weights).same_bits()) << to_string(shape);
    EXPECT_EQ(many.loss, one.loss) << to_string(shape);
  }
}

// Where messages are copied to the host and back, the same bits are in them.
TEST(Training, CopiesToTheHostChangeNoBit) {
  const Cluster staged = load_cluster("gpu_pods");
  ASSERT_GT(staged.staging_bytes_per_second, 0);
  for (const GridShape shape : {GridShape{2, 2, 1}, {2, 1, 2}})
    EXPECT_TRUE(compare(train(staged, settings(4, true), shape).weights, train(load_cluster("ethernet"), settings(4, true), shape).weights).same_bits()) << to_string(shape);
}

// 12 and 16 tensor ranks: more than there are classes, so that some have nothing of the last layer.
TEST(Training, TensorRanksStayNearOneRank) {
  const Cluster cluster = load_cluster("ethernet");
  const Trained one = train(cluster, settings(4, false), {1, 1, 1});
  // Other micro-batches add the same gradients in another order. Ten times that, as in all chapters.
  const double bound =
      10 * compare(train(cluster, settings(7, false), {1, 1, 1}).weights, one.weights).max_abs;
  ASSERT_GT(bound, 0);
  for (const GridShape shape :
       {GridShape{1, 1, 2}, {1, 1, 8}, {2, 2, 4}, {4, 1, 12}, {2, 1, 16}, {2, 2, 16}}) {
    const Trained many = train(cluster, settings(4, false), shape);
    EXPECT_TRUE(compare(many.weights, one.weights).within(bound)) << to_string(shape);
  }
}

// Time depends on shapes only: the run without contents takes as long as the one that computes, and sends as many messages.
TEST(Training, TakesTheSameTimeWithoutContents) {
  for (const GridShape shape : {GridShape{4, 1, 1}, {2, 2, 1}, {2, 2, 4}, {1, 1, 12}}) {
    const Cluster cluster = load_cluster(shape.pipeline == 1 ? "infiniband" : "gpu_pods");  // with copies to the host and back
    HybridSettings s = settings(4, false);
    s.allreduce = "mpi";
    const Dataset pictures = random_dataset(17, 29);
    Dataset empty = pictures;
    empty.pixels.clear();
    empty.height = empty.width = 0;
    const std::vector<uint32_t> order = permutation(1, 0, 29);
    const auto run = [&](Contents contents) {
      return simulate(cluster, shape.ranks(), [&] {
        ModelledDevice device(cluster, contents);
        const Grid grid(shape, MPI_COMM_WORLD);
        HybridModel model(device, grid, s);
        model.initialize(1);
        for (int step = 0; step < 2; ++step)
          model.step(contents == Contents::real ? pictures : empty, order, {0, 29});
      });
    };
    const Simulated real = run(Contents::real), none = run(Contents::none);
    EXPECT_EQ(real.seconds, none.seconds) << to_string(shape);
    EXPECT_EQ(real.sum().messages, none.sum().messages);
    EXPECT_EQ(real.sum().bytes, none.sum().bytes);
  }
}

// A rank that computes at half the speed: synchronous training waits for it, whoever it is.
TEST(Training, TheSlowestRankSetsThePace) {
  const Cluster cluster = load_cluster("infiniband");
  HybridSettings s{
      .sizes = {784, 512, 256, 10}, .batch = 1024, .micro_batches = 8, .allreduce = "mpi", .optimizer = {}};
  const StepTime usual = simulate_step(cluster, s, {8, 1, 1});
  const StepTime slow = simulate_step(cluster, s, {8, 1, 1}, {.slow_rank = 5, .slowness = 2, .trace = {}});
  EXPECT_GE(slow.seconds, 2 * usual.computing);
  EXPECT_LE(slow.seconds, 2 * usual.seconds);
  EXPECT_NEAR(slow.computing, usual.computing * 9 / 8,
              1e-9);  // on average one rank of eight computes twice as long
}

// Each rank of a grid alone: together they compute as much longer as all of them usually do. The first four have the first stage, whose layer
// is the largest.
TEST(Training, OneRankOfAGridIsSlow) {
  const Cluster cluster = load_cluster("infiniband");
  const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 64, .micro_batches = 4, .allreduce = "mpi", .optimizer = {}};
  const double usual = simulate_step(cluster, s, {2, 2, 2}, {.steps = 1, .trace = {}}).computing;
  double sum = 0, more[8];
  for (int r = 0; r < 8; ++r) sum += more[r] = simulate_step(cluster, s, {2, 2, 2}, {.steps = 1, .slow_rank = r, .slowness = 2, .trace = {}}).computing - usual;
  EXPECT_NEAR(sum, usual, 1e-9 * usual);
  EXPECT_GT(*std::min_element(more, more + 4), *std::max_element(more + 4, more + 8));
  EXPECT_GT(*std::min_element(more + 4, more + 8), 0.01 * usual);
  // If nothing else is said, nobody is slow, and who is is as fast as ever.
  EXPECT_EQ(simulate_step(cluster, s, {2, 2, 2}, {.steps = 1, .slowness = 2, .trace = {}}).computing, usual);
  EXPECT_EQ(simulate_step(cluster, s, {2, 2, 2}, {.steps = 1, .slow_rank = 0, .trace = {}}).computing, usual);
}

// ---- The modelled device ----

TEST(Device, TakesTheTimeOfTheRoofline) {
  Cluster c = flat();
  c.operations_per_second = 1024;
  c.bytes_per_second = 64;
  c.launch = 0.125;
  const Simulated s = simulate(c, 2, [&] {
    ModelledDevice device(c, Contents::none);
    const Buffer<> memory(device, 1 << 20, Purpose::workspace);
    if (rank() == 0)
      device.linear_forward(memory, memory, memory, nullptr, Activation::none, 64, 64, 64);  // by arithmetic?
    if (rank() == 1) device.add(memory, memory, 1024);                                       // by memory
  });
  EXPECT_EQ(s.ranks[0].seconds, 0.125 + std::max(2.0 * 64 * 64 * 64 / 1024, 4.0 * 3 * 64 * 64 / 64));
  EXPECT_EQ(s.ranks[1].seconds, 0.125 + 4.0 * 3 * 1024 / 64);
}

// What each operation counts, from two clusters, of which one has memory that takes no time, and the other one arithmetic that does not.
TEST(Device, CountsWhatEachOperationComputesAndMoves) {
  using Operation = std::function<void(ModelledDevice&, float*)>;
  struct Case {
    const char* name;
    double operations, floats;
    Operation run;
  };
  constexpr int rows = 3, in = 5, out = 7;
  constexpr double y = rows * out, product = 2 * rows * in * out, matrices = rows * in + in * out + rows * out, n = 11;
  const Case cases[] = {
      {"forward", product, matrices, [](auto& d, float* p) { d.linear_forward(p, p, p, nullptr, Activation::none, rows, in, out); }},
      {"weights", product, matrices, [](auto& d, float* p) { d.linear_backward_weights(p, p, p, Write::overwrite, rows, in, out); }},
      {"bias", y, y, [](auto& d, float* p) { d.linear_backward_bias(p, p, Write::overwrite, rows, out); }},
      {"input", product, matrices, [](auto& d, float* p) { d.linear_backward_input(p, p, p, Write::overwrite, rows, in, out); }},
      {"add_bias", y, 2 * y, [](auto& d, float* p) { d.add_bias(p, p, Activation::none, rows, out); }},
      {"relu", n, 3 * n, [](auto& d, float* p) { d.relu_backward(p, p, 11); }},
      {"loss", 5 * y, 2 * y, [](auto& d, float* p) { d.softmax_cross_entropy(p, p, p, nullptr, 1, rows, out); }},
      {"row_max", y, y, [](auto& d, float* p) { d.row_max(p, p, rows, out); }},
      {"row_exp_sum", 2 * y, y, [](auto& d, float* p) { d.row_exp_sum(p, p, p, rows, out); }},
      {"finish", 3 * y, 2 * y, [](auto& d, float* p) { d.softmax_finish(p, p, p, p, p, nullptr, 1, rows, out, 0); }},
      {"add", n, 3 * n, [](auto& d, float* p) { d.add(p, p, 11); }},
      {"scale", n, 2 * n, [](auto& d, float* p) { d.scale(p, 1, 11); }},
      {"sgd", 2 * n, 3 * n, [](auto& d, float* p) { d.sgd(p, p, 1, 11); }},
      {"momentum", 4 * n, 5 * n, [](auto& d, float* p) { d.momentum(p, p, p, 1, 1, 11); }},
      {"adam", 12 * n, 7 * n, [](auto& d, float* p) { d.adam(p, p, p, p, 1, 1, 1, 1, 1, 11); }},
      {"copy", 0, 2 * n, [](auto& d, float* p) { d.copy(p, p, 11); }},
      {"fill", 0, n, [](auto& d, float* p) { d.fill(p, 0, 11); }}};
  Cluster computes = flat(), moves = flat();
  computes.operations_per_second = 256, moves.bytes_per_second = 1024;
  computes.launch = moves.launch = 2;
  for (const Case& c : cases)
    for (const double slowness : {1.0, 3.0}) {
      const auto seconds = [&](const Cluster& cluster) {
        return simulate(cluster, 1, [&] {
                 ModelledDevice device(cluster, Contents::none);
                 const Buffer<> memory(device, 100, Purpose::workspace);
                 device.set_slowness(slowness);
                 c.run(device, memory);
                 c.run(device, memory);
                 EXPECT_EQ(device.operations(), 2 * c.operations) << c.name;
               })
            .seconds;
      };
      EXPECT_EQ(seconds(computes), 2 * slowness * (2 + c.operations / 256)) << c.name;
      EXPECT_EQ(seconds(moves), 2 * slowness * (2 + c.floats / 256)) << c.name;
    }
  // A product without rows or columns is no operation.
  EXPECT_EQ(simulate(computes, 1,
                     [&] {
                       ModelledDevice device(computes, Contents::none);
                       device.linear_forward(nullptr, nullptr, nullptr, nullptr, Activation::none, 0, 5, 7);
                       device.linear_forward(nullptr, nullptr, nullptr, nullptr, Activation::none, 3, 5, 0);
                     })
                .seconds,
            0);
}

// With contents each operation has the bits of the CPU's. Four parts of a memory are read and written: two with both signs, two without.
TEST(Device, ComputesWhatTheCpuDoes) {
  using Operation = std::function<void(Device&, float*, float*, float*, float*)>;
  static constexpr int rows = 3, in = 5, out = 7, labels[rows] = {6, 2, 3};
  const std::pair<const char*, Operation> operations[] = {
      {"forward", [](Device& d, float* a, float* b, float* c, float* e) { d.linear_forward(c, a, b, e, Activation::relu, rows, in, out); }},
      {"weights", [](Device& d, float* a, float* b, float* c, float*) { d.linear_backward_weights(c, a, b, Write::accumulate, rows, in, out); }},
      {"bias", [](Device& d, float* a, float*, float* c, float*) { d.linear_backward_bias(c, a, Write::accumulate, rows, out); }},
      {"input", [](Device& d, float* a, float* b, float* c, float*) { d.linear_backward_input(c, a, b, Write::accumulate, rows, in, out); }},
      {"add_bias", [](Device& d, float* a, float* b, float*, float*) { d.add_bias(a, b, Activation::relu, rows, out); }},
      {"relu", [](Device& d, float* a, float* b, float*, float*) { d.relu_backward(a, b, 11); }},
      {"loss", [](Device& d, float* a, float* b, float* c, float*) { d.softmax_cross_entropy(c, b, a, labels, 0.5f, rows, out); }},
      {"row_max", [](Device& d, float* a, float*, float* c, float*) { d.row_max(c, a, rows, out); }},
      {"row_exp_sum", [](Device& d, float* a, float* b, float* c, float*) { d.row_exp_sum(c, a, b, rows, out); }},
      {"finish", [](Device& d, float* a, float* b, float* c, float* e) { d.softmax_finish(c, c + rows, a, b, e, labels, 0.5f, rows, out, 1); }},
      {"add", [](Device& d, float* a, float* b, float*, float*) { d.add(a, b, 11); }},
      {"scale", [](Device& d, float* a, float*, float*, float*) { d.scale(a, 0.3f, 11); }},
      {"sgd", [](Device& d, float* a, float* b, float*, float*) { d.sgd(a, b, 0.3f, 11); }},
      {"momentum", [](Device& d, float* a, float* b, float* c, float*) { d.momentum(a, b, c, 0.3f, 0.8f, 11); }},
      {"adam", [](Device& d, float* a, float* b, float* c, float* e) { d.adam(a, b, c, e, 0.3f, 0.8f, 0.95f, 1e-3f, 3, 11); }},
      {"copy", [](Device& d, float* a, float* b, float*, float*) { d.copy(a, b, 11); }},
      {"fill", [](Device& d, float* a, float*, float*, float*) { d.fill(a, 0.3f, 11); }}};
  std::vector<float> before = test_floats(4 * 64);
  for (size_t i = 2 * 64; i < before.size(); ++i) before[i] = std::abs(before[i]);
  for (const auto& [name, run] : operations) {
    std::vector<float> expected = before, found = before;
    const auto on = [&run = run](Device& d, std::vector<float>& m) { run(d, m.data(), m.data() + 64, m.data() + 128, m.data() + 192); };
    CpuDevice cpu;
    on(cpu, expected);
    const Cluster c = flat();
    simulate(c, 1, [&] {
      ModelledDevice device(c, Contents::real);
      on(device, found);
    });
    EXPECT_TRUE(compare(found, expected).same_bits()) << name;
    EXPECT_FALSE(compare(expected, before).same_bits()) << name << " changes nothing: no good example";
  }
}

// 64 bytes a second: 16 floats take one. One copy at a time, beside the operations; who ends one waits for it.
TEST(Device, CopiesToTheHostAndBack) {
  Cluster c = flat();
  c.staging_bytes_per_second = 64;
  c.launch = 0.25;  // of each operation; nothing else of it costs anything
  for (const Contents contents : {Contents::none, Contents::real})
    simulate(c, 1, [&] {
      ModelledDevice device(c, contents);
      const Buffer<> a(device, 16, Purpose::workspace), b(device, 32, Purpose::workspace);
      float* const p = a;
      float* const q = b;
      const auto expect = [&](double now) { EXPECT_EQ(virtual_time(), now); };
      compute(1);
      device.begin_copy_out(p, 16), device.add(p, p, 16), expect(1.25);
      device.begin_copy_out(q, 32), device.end_copy_out(p, 16), expect(2);
      device.end_copy_out(q, 32), expect(4);
      device.begin_copy_in(q, 32), compute(5), device.end_copy_in(q, 32), expect(9);  // it was over at 6
      float host[16] = {};
      device.copy_in(p, host, 16), expect(10);
      device.copy_out(host, p, 8), expect(10.5);
      EXPECT_EQ(time_so_far().computing, 1 + 0.25 + 5);
      EXPECT_EQ(time_so_far().waiting, 10.5 - 6.25);
      // Views are memory of their own, in which ranges lie as they do on the device.
      EXPECT_EQ(device.host_view(p + 3, 1), device.host_view(p, 16) + 3);
      EXPECT_EQ(device.host_view(q + 31, 1), device.host_view(q, 32) + 31);
      const std::set<float*> all = {p, q, device.host_view(p, 16), device.host_view(q, 32)};
      EXPECT_EQ(all.size(), 4u);
      EXPECT_THROW(device.host_view(reinterpret_cast<float*>(64), 1), std::logic_error);
      if (contents == Contents::none) return;
      const auto copy_out = [&] { device.begin_copy_out(p, 16), device.end_copy_out(p, 16); };
      device.fill(p, 3, 16), copy_out(), device.fill(p, 5, 16);
      EXPECT_EQ(device.host_view(p, 16)[15], 3);
      copy_out();
      EXPECT_EQ(device.host_view(p, 16)[15], 5);
      device.host_view(p, 16)[7] = 8;
      device.copy_out(host, p, 16);
      EXPECT_EQ(host[7], 5);
      device.begin_copy_in(p + 7, 1), device.end_copy_in(p + 7, 1), device.copy_out(host, p, 16);
      EXPECT_TRUE(host[6] == 5 && host[7] == 8 && host[8] == 5);
    });
  // Where nothing is staged the view is the memory, and a copy takes no time.
  const Cluster whole = flat();
  EXPECT_EQ(simulate(whole, 1, [&] {
              ModelledDevice device(whole, Contents::none);
              const Buffer<> a(device, 16, Purpose::workspace);
              device.begin_copy_out(a, 16), device.end_copy_out(a, 16);
              EXPECT_EQ(device.host_view(a, 16), a.data());
            }).seconds,
            0);
}

// Messages and operations cost nothing: what is left of a step are its copies, and what MPI adds.
TEST(StepTime, HasTheCopiesAndSumsOfTheHost) {
  Cluster c = flat();
  c.inside = c.between = {.latency = 0, .overhead = 0, .rendezvous = 0, .bytes_per_second = 1e300};
  c.staging_bytes_per_second = 1024, c.host_bytes_per_second = 256;
  const auto seconds = [&](const std::vector<int>& sizes, const GridShape& shape, size_t batch) {
    return simulate_step(c, {.sizes = sizes, .batch = batch, .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}}, shape).seconds;
  };
  const auto staged = [](double floats) { return 4 * floats / 1024; };
  const auto of_head = [](double rows) { return rows + rows; };  // labels go in, losses come out: 4 bytes each
  const auto added = [](double times, double bytes) { return times * 3 * bytes / 256; };  // two are read, one is written
  // In the end the losses of all micro-batches and two more doubles; with 3 and 5 ranks one gives its numbers to another one first.
  const auto losses = [&](int ranks, int micro_batches) { return added(ranks == 5 ? 3 : ranks - 1, 8.0 * (micro_batches + 2)); };
  const double alone = staged(30 * 8 + of_head(30));
  EXPECT_NEAR(seconds({8, 6, 3}, {1, 1, 1}, 30), alone, 1e-9);
  // Two stages: images in, activations out and in, and their gradients, beside which the losses come out on the other stage.
  EXPECT_NEAR(seconds({8, 6, 3}, {1, 2, 1}, 30), alone + staged(4 * 30 * 6 - 30) + losses(2, 1), 1e-9);
  // Two slices: what the second layer gives is a sum, copied out and in.
  EXPECT_NEAR(seconds({8, 6, 3}, {1, 1, 2}, 30), alone + staged(2 * 30 * 3) + added(1, 4 * 30 * 3) + losses(2, 1), 1e-9);
  // Data ranks: all gradients out, the terms of the own part in, its weights out, all weights in. Each layer can be divided by 3 and 5.
  for (const int d : {3, 5}) {
    const std::vector<int> sizes = {d + 1, 15, 30};
    const double weights = 15 * (d + 2) + 30 * 16, rows = 4;
    EXPECT_NEAR(seconds(sizes, {d, 1, 1}, size_t(4 * d)), staged(rows * (d + 1) + of_head(rows) + 3 * weights) + losses(d, d), 1e-9) << d;
  }
}

TEST(Device, WithoutContentsGivesZeros) {
  const Cluster c = flat();
  simulate(c, 1, [&] {
    ModelledDevice device(c, Contents::none);
    const Buffer<> memory(device, 3, Purpose::workspace);
    float out[3] = {1, 2, 3};
    device.copy_in(memory.data(), out, 3);
    device.copy_out(out, memory.data(), 2);
    EXPECT_TRUE(out[0] == 0 && out[1] == 0 && out[2] == 3);
  });
}

TEST(Ghosts, HaveAddressesOfTheirOwn) {
  char real[64] = "real", other[64] = "other";
  char* a = static_cast<char*>(ghost_allocate(0));
  char* b = static_cast<char*>(ghost_allocate(100));
  char* c = static_cast<char*>(ghost_allocate(64));
  for (char* p : {a, b, c}) EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0u);
  EXPECT_TRUE(b >= a + 64 && c >= b + 100);
  EXPECT_TRUE(is_ghost(a) && is_ghost(b) && is_ghost(b + 99) && is_ghost(c) && !is_ghost(real) && !is_ghost(nullptr));
  copy_unless_ghost(real, b, 5);
  copy_unless_ghost(b, real, 5);
  copy_unless_ghost(nullptr, real, 0);
  EXPECT_STREQ(real, "real");
  copy_unless_ghost(real, other, 6);
  EXPECT_STREQ(real, "other");
  EXPECT_THROW(ghost_allocate(size_t{1} << 50), std::bad_alloc);
}

// Operations of one step, by hand: two products forward and four backward, but the first layer has no dx; the rest is small.
TEST(Device, CountsTheOperationsOfAStep) {
  const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 128, .allreduce = "mpi", .optimizer = {}};
  const StepTime t = simulate_step(load_cluster("two_cores"), s, {1, 1, 1});
  const double products = 2.0 * 128 * (2 * 784 * 512 + 3 * 512 * 256 + 3 * 256 * 10);
  EXPECT_GT(t.operations, products);
  EXPECT_LT(t.operations, 1.02 * products);
  EXPECT_EQ(t.computing, t.seconds);
  EXPECT_EQ(t.samples_per_second(128), 128 / t.seconds);
}

// However many steps are timed, a step takes as long; but the barrier behind the last one (2 us, 2 messages of each rank) is shared by
// all. Each number is one of all ranks, or the mean over them, as it says.
TEST(StepTime, IsThatOfOneStep) {
  const Cluster c = load_cluster("ethernet");
  const HybridSettings s{.sizes = {30, 20, 10}, .batch = 24, .micro_batches = 3, .allreduce = "mpi", .optimizer = {}};
  const StepTime nine = simulate_step(c, s, {3, 1, 1}, {.steps = 9, .trace = {}}), one = simulate_step(c, s, {3, 1, 1}, {.steps = 1, .trace = {}});
  EXPECT_NEAR(nine.seconds, one.seconds, 2e-6);
  EXPECT_NEAR(nine.computing, one.computing, 1e-12);
  EXPECT_EQ(nine.operations, one.operations);
  EXPECT_EQ(nine.messages, (9 * (one.messages - 6) + 6) / 9);
  EXPECT_EQ(simulate_step(c, s, {3, 1, 1}).messages, (2 * (one.messages - 6) + 6) / 2);  // two, if nothing else is said
  EXPECT_EQ(nine.bytes, one.bytes);
  const StepTime& three = one;
  EXPECT_EQ(three.micro_batches, 3);
  EXPECT_EQ(three.shape, (GridShape{3, 1, 1}));
  EXPECT_GT(three.messages, 0u);
  EXPECT_LT(three.computing, three.seconds);
  const StepTime alone = simulate_step(c, s, {1, 1, 1});
  EXPECT_NEAR(alone.computing, alone.seconds, 1e-12);
  EXPECT_EQ(alone.messages, 0u);
  EXPECT_EQ(alone.memory, double(largest_footprint(s, {1, 1, 1}).sum()));
  // Of two stages the second one needs more.
  const HybridSettings wider{.sizes = {8, 20, 90}, .batch = 24, .micro_batches = 2, .allreduce = "mpi", .optimizer = {}};
  const GridShape stages{1, 2, 1};
  const size_t first = predict_footprint(wider, stages, {0, 0, 0}).sum(), second = predict_footprint(wider, stages, {0, 1, 0}).sum();
  EXPECT_GT(second, first);
  EXPECT_EQ(simulate_step(c, wider, stages).memory, double(second));
  EXPECT_EQ(alone.operations, 24.0 * 2 * (2 * 30 * 20 + 3 * 20 * 10)  // products: the first layer has no dx
                                  + 24 * (20 + 10)                    // sums of columns for the biases
                                  + 24 * 20                           // relu
                                  + 24 * 10 * 5                       // the loss
                                  + 2 * (30 * 20 + 20 + 20 * 10 + 10));  // the update
}

TEST(Device, HasNoMoreMemoryThanItsCluster) {
  Cluster c = flat();
  c.memory = 1e6;
  EXPECT_EQ(error_of([&] {
              simulate(c, 1, [&] {
                ModelledDevice device(c, Contents::none);
                const Buffer<> fits(device, 200'000, Purpose::parameters);
                const Buffer<> does_not(device, 60'000, Purpose::gradients);
              });
            }),
            "a rank needs more than the 1 MB that it has");
}

TEST(GridSearch, LeavesOutWhatDoesNotFitAndSortsTheRest) {
  Cluster c = load_cluster("ethernet");
  const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 256, .allreduce = "mpi", .optimizer = {}};
  const GridSearch all = search_grids(c, s, 8);
  ASSERT_GT(all.grids.size(), 5u);
  EXPECT_EQ(all.too_large, 0);
  for (size_t i = 1; i < all.grids.size(); ++i) EXPECT_LE(all.grids[i - 1].seconds, all.grids[i].seconds);
  // Those of 8 ranks and 3 layers, each with the best number of micro-batches that chapter 10 would try.
  std::set<std::string> shapes;
  for (const StepTime& t : all.grids) {
    shapes.insert(to_string(t.shape));
    double best = 1e9;
    int micro_batches = 0;
    for (const int each : {1, 2, 4, 8}) {
      if (each > (t.shape.pipeline == 1 ? 1 : 4 * t.shape.pipeline)) continue;
      HybridSettings with = s;
      with.micro_batches = each * t.shape.data;
      const double seconds = simulate_step(c, with, t.shape, {.steps = 1, .trace = {}}).seconds;
      if (seconds < best) best = seconds, micro_batches = with.micro_batches;
    }
    EXPECT_EQ(t.seconds, best) << to_string(t.shape);
    EXPECT_EQ(t.micro_batches, micro_batches) << to_string(t.shape);
  }
  EXPECT_EQ(shapes, (std::set<std::string>{"8 x 1 x 1", "4 x 2 x 1", "4 x 1 x 2", "2 x 2 x 2", "2 x 1 x 4", "1 x 2 x 4", "1 x 1 x 8"}));
  c.memory = 2e6;  // the weights and gradients of the whole network need 4.3 MB
  const GridSearch some = search_grids(c, s, 8);
  EXPECT_GT(some.too_large, 0);
  EXPECT_EQ(some.grids.size() + size_t(some.too_large), all.grids.size());
  for (const StepTime& t : some.grids) EXPECT_LE(t.memory, 2e6);
}

// Ranks of a tensor group share a node, all of whose ranks are such groups; no more stages than layers, no more data ranks than rows.
TEST(GridSearch, TriesWhatFits) {
  const auto tried = [](int ranks, int on_a_node, size_t batch, std::vector<int> sizes) {
    Cluster c = nodes_of(on_a_node, 1);
    const GridSearch search = search_grids(c, {.sizes = sizes, .batch = batch, .allreduce = "mpi", .optimizer = {}}, ranks);
    std::set<std::string> shapes;
    for (const StepTime& t : search.grids) shapes.insert(to_string(t.shape));
    EXPECT_EQ(shapes.size(), search.grids.size());
    return shapes;
  };
  using Shapes = std::set<std::string>;
  EXPECT_EQ(tried(6, 6, 12, {8, 6, 6}), (Shapes{"6 x 1 x 1", "3 x 2 x 1", "3 x 1 x 2", "2 x 1 x 3", "1 x 2 x 3", "1 x 1 x 6"}));
  EXPECT_EQ(tried(6, 2, 12, {8, 6, 6}), (Shapes{"6 x 1 x 1", "3 x 2 x 1", "3 x 1 x 2"}));
  EXPECT_EQ(tried(6, 4, 5, {8, 6, 6, 4}), (Shapes{"3 x 2 x 1", "2 x 3 x 1", "3 x 1 x 2", "1 x 3 x 2"}));
  EXPECT_EQ(tried(1, 4, 1, {8, 6}), (Shapes{"1 x 1 x 1"}));
}

// Each grid is said when it is simulated, also one that does not fit: of three, by a clock that is a second later at each look.
TEST(GridSearch, SaysHowFarItIs) {
  static double now;
  now = 0;
  const ClockOfTest clock([] { return now += 1; });
  Cluster c = nodes_of(2, 1);
  c.memory = 1;
  std::string seen;
  {
    Terminal terminal("xterm");
    if (terminal.screen < 0) GTEST_SKIP() << "skipped: this system gives no terminal";
    EXPECT_EQ(search_grids(c, {.sizes = {8, 6, 6}, .batch = 4, .allreduce = "mpi", .optimizer = {}}, 2).too_large, 3);
    seen = terminal.shown();
  }
  EXPECT_EQ(seen, "\r[========                ]  33 %  simulated 2 x 1 x 1  2 s left \033[K\r[================        ]  66 %  simulated 1 x 2 x 1  1 s left \033[K"
                  "\r[========================] 100 %  simulated 1 x 1 x 2  0 s left \033[K\r\033[K");
}

// ---- Laws ----

TEST(Laws, BelongTogether) {
  EXPECT_EQ(amdahl_speedup(0, 16), 16);
  EXPECT_EQ(amdahl_speedup(1, 16), 1);
  EXPECT_NEAR(amdahl_speedup(0.01, 1e9), 100, 1e-4);  // never above 1 / 0.01
  EXPECT_EQ(gustafson_speedup(0.5, 9), 5);
  for (const double p : {2.0, 8.0, 1000.0}) {
    EXPECT_NEAR(karp_flatt(amdahl_speedup(0.03, p), p), 0.03, 1e-12);
    EXPECT_NEAR(gustafson_serial(gustafson_speedup(0.03, p), p), 0.03, 1e-12);
  }
  EXPECT_LT(karp_flatt(9, 8), 0);  // faster than it can be: something else helped
}
