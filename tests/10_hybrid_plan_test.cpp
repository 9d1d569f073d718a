// What chapter 10 claims of the choice of the grid: it obeys wishes and memory, and finds what chapters 08 and 09 measured.
// ranks: 1
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/10_hybrid/hybrid_options.h"
#include "chapters/10_hybrid/machine_file.h"
#include "chapters/10_hybrid/plan.h"
#include "chapters/10_hybrid/segments.h"
#include "chapters/10_hybrid/terms.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "tests/error_of.h"
#include "tests/known_clock.h"
#include "tests/plain_estimate.h"

namespace {

const std::vector<int> course = {784, 512, 256, 10};

HybridSettings settings(const std::vector<int>& sizes, size_t batch) {
  HybridSettings s;
  s.sizes = sizes;
  s.batch = batch;
  return s;
}

GridShape best(const HybridSettings& s, int ranks, const GridWish& wish = {}) {
  return plan_grids(s, wish, ranks, typical_machine()).front().shape;
}

std::string refusal(const HybridSettings& s, const GridWish& wish, int ranks, const PlanMachine& machine = typical_machine()) {
  return error_of([&] { plan_grids(s, wish, ranks, machine); });
}

// Five micro-batches on two data ranks are 2 and 3; the last one has no rows.
TEST(Terms, OneOfEachRankOrOneOfEachMicroBatch) {
  const std::vector<Range> rows = {{0, 4}, {4, 8}, {8, 12}, {12, 13}, {13, 13}};
  EXPECT_EQ(terms_of(rows, false, 2), (std::vector<Term>{{0, 0}, {1, 0}}));
  EXPECT_EQ(terms_of(rows, true, 2), (std::vector<Term>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
  EXPECT_EQ(own_terms(5, true, 2, 1), 3u);
  EXPECT_EQ(terms_of_others(5, true, 2, 1), 2u);
  EXPECT_EQ(terms_of_others(5, false, 2, 1), 1u);
}

// Few rows: activations are shorter than gradients. Many rows: the other way round (chapter 09's crossover).
TEST(Plan, FewRowsCutTheLayersManyTheBatch) {
  EXPECT_EQ(best(settings(course, 128), 2), (GridShape{1, 1, 2}));
  EXPECT_EQ(best(settings(course, 8192), 2), (GridShape{2, 1, 1}));
}

// Where messages cost much, a pipeline sends least: one narrow cut, behind layer 2, where sums and gradients are wide.
TEST(Plan, SlowMessagesMakeAPipeline) {
  PlanMachine slow = typical_machine();
  for (Curve* line : {&slow.messages.exchanges, &slow.messages.reductions, &slow.messages.reductions_of_sent})
    for (Piece& piece : *line) piece.beta *= 100;
  const HybridSettings s = settings({784, 2048, 2048, 16, 2048, 2048, 10}, 512);
  EXPECT_EQ(plan_grids(s, {}, 2, slow).front().shape, (GridShape{1, 2, 1}));
}

TEST(Plan, EveryGridIsThereOnceAndTheFastestFirst) {
  const std::vector<GridPlan> plans = plan_grids(settings({64, 64, 64, 64, 64, 64, 64, 64, 10}, 128), {}, 8, typical_machine());
  EXPECT_EQ(plans.size(), 10u);
  for (size_t i = 0; i < plans.size(); ++i) {
    EXPECT_EQ(plans[i].shape.ranks(), 8);
    EXPECT_EQ(plans[i].micro_batches % plans[i].shape.data, 0);
    EXPECT_TRUE(plans[i].computing > 0 && plans[i].computing <= plans[i].seconds);
    for (size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(plans[i].shape == plans[j].shape);
      EXPECT_LE(plans[j].seconds, plans[i].seconds);
    }
  }
}

TEST(Plan, WishesAreObeyed) {
  const HybridSettings s = settings(course, 128);
  for (const GridPlan& plan : plan_grids(s, {.tensor = 2}, 8, typical_machine())) EXPECT_EQ(plan.shape.tensor, 2);
  EXPECT_EQ(best(s, 6, {.data = 3, .pipeline = 2}), (GridShape{3, 2, 1}));
  for (const GridPlan& plan : plan_grids(s, {.micro_batches = 5}, 4, typical_machine())) EXPECT_EQ(plan.micro_batches, 5);
  EXPECT_EQ(refusal(s, {.data = 3}, 8), "--replicas 3: does not multiply to the 8 ranks that there are");
  EXPECT_EQ(refusal(s, {.pipeline = 4}, 4), "--pipeline 4: more stages than the network's 3 layers (--hidden)");
}

// A model that must be cut: only the data split keeps all weights on every rank.
TEST(Plan, WhatDoesNotFitComesLast) {
  const HybridSettings s = settings({784, 4096, 4096, 10}, 65536);
  PlanMachine small = typical_machine();
  const double unsplit = estimate(s, {1, 1, 1}, small).memory;
  small.memory = unsplit / 1.5;
  const std::vector<GridPlan> plans = plan_grids(s, {}, 4, small);
  EXPECT_TRUE(plans.front().fits);
  for (size_t i = 1; i < plans.size(); ++i) EXPECT_GE(plans[i - 1].fits, plans[i].fits);
  small.memory = 1;
  EXPECT_FALSE(plan_grids(s, {}, 4, small).front().fits);
}

// Where no grid's activations fit, the fewest are computed again that will do; where they fit, none; where the wish says so, as it says.
TEST(Plan, ComputesAgainWhereMemoryEnds) {
  HybridSettings s = settings({300, 310, 320, 330, 340, 350, 360, 370, 10}, 4096);
  s.schedule = "gpipe";
  const GridWish wish{.pipeline = 2, .micro_batches = 8};
  GridWish third = wish;
  third.keep_every = 3;
  PlanMachine small = typical_machine();
  EXPECT_EQ(plan_grids(s, wish, 2, small).front().keep_every, 1);
  EXPECT_EQ(plan_grids(s, third, 2, small).front().keep_every, 3);
  HybridSettings halves = s;
  halves.schedule = "zb-h1";
  small.memory = 1;
  EXPECT_FALSE(plan_grids(halves, wish, 2, small).front().fits);
  EXPECT_EQ(plan_grids(halves, wish, 2, small).front().keep_every, 1);
  EXPECT_EQ(refusal(halves, third, 2, small), "schedule: zb-h1 keeps all activations, not every 3-th: it needs them twice");
  small.memory = 0;
  double before = 0;
  for (int keep_every : {1, 2, 4}) {
    HybridSettings again = s;
    again.micro_batches = 8;
    again.keep_every = keep_every;
    small.memory = estimate(again, {1, 2, 1}, small).memory;
    EXPECT_TRUE(keep_every == 1 || small.memory < before) << keep_every;
    before = small.memory;
    const GridPlan plan = plan_grids(s, wish, 2, small).front();
    EXPECT_TRUE(plan.fits);
    EXPECT_EQ(plan.keep_every, keep_every);
    EXPECT_EQ(plan.memory, small.memory);
  }
}

// A pipeline of two without messages: as long as chapter 08 says, (m + p - 1) / m of what each stage computes.
TEST(Plan, KnowsTheRampsOfAPipeline) {
  PlanMachine free_messages = typical_machine();
  for (Curve* line : {&free_messages.messages.exchanges, &free_messages.messages.reductions})
    *line = {{1e18, 0, 0}};
  free_messages.messages.reductions_of_sent = free_messages.messages.reductions;
  HybridSettings s = settings({256, 256, 256, 256, 256, 256, 256, 256, 256}, 1024);
  s.micro_batches = 8;
  const GridPlan plan = estimate(s, {1, 2, 1}, free_messages);
  // The first layer has one product less: stages differ by about 4 %.
  EXPECT_NEAR(plan.computing / plan.seconds, 8.0 / 9.0, 0.04);
}

// ---- the estimate a second time, from the words of plan.h ----

// A machine in which no two costs are alike.
PlanMachine odd_machine() {
  PlanMachine m;
  m.messages.exchanges = {{3000, 0.7e-6, 0.3e-9}, {1e18, 5e-6, 0.2e-9}};
  m.messages.reductions = {{5000, 0.9e-6, 0.5e-9}, {1e18, 8e-6, 0.4e-9}};
  m.messages.reductions_of_sent = {{1e18, 2e-6, 0.6e-9}};
  m.operations_per_second = 31e9;
  m.bytes_per_second = 7e9;
  return m;
}

// Nobody rounds here.
constexpr MessageFormat two_bytes = {nullptr, nullptr};

// Two pairs of layers 100 wide, 100 rows, two tensor ranks; a message of 20 KB takes 20 us, with its addition 40. So each of the two sums
// of forward takes 60 us, and so did that of layer 2's dx, before dw was computed in the meantime: for 10 us, or longer than its two
// messages need. In a pipeline stage 0 waits for it.
TEST(Plan, HidesMessagesBehindTheGradientsOfWeights) {
  PlanMachine m;
  m.messages.exchanges = {{1e18, 0, 1e-9}};
  m.messages.reductions = m.messages.reductions_of_sent = {{1e18, 0, 2e-9}};
  m.bytes_per_second = 1e30;
  const HybridSettings s = settings({100, 100, 100, 100, 100}, 100);
  m.operations_per_second = 1e11;  // 10 us a product, 11 of them
  EXPECT_NEAR(estimate(s, {1, 1, 2}, m).seconds, 1e-6 * (11 * 10 + 2 * 60 + 60 - 10), 1e-12);
  m.operations_per_second = 1e10;
  EXPECT_NEAR(estimate(s, {1, 1, 2}, m).seconds, 1e-6 * (11 * 100 + 2 * 60 + 60 - 2 * 20), 1e-12);
  HybridSettings halves = s;
  halves.schedule = "zb-h1";
  EXPECT_NEAR(estimate(halves, {1, 1, 2}, m).seconds, 1e-6 * (11 * 100 + 2 * 60 + 60), 1e-12);
  EXPECT_NEAR(estimate(s, {1, 2, 2}, m).seconds, 1e-6 * (11 * 100 + 2 * 60 + 60 + 2 * 40), 1e-12);  // and 40 KB there and back
}

// A second for each message, whatever its length, with its addition. A sum of one number over two ranks takes one: so few go to everybody
// at once. Of a layer of one neuron the first of two slices has nothing: its stage, which ends last, has no gradients to exchange. Its
// products take 3 s, those of the other stage 2.
TEST(Plan, WhatIsNotThereIsNotSent) {
  PlanMachine m;
  m.messages.exchanges = m.messages.reductions = m.messages.reductions_of_sent = {{1e18, 1, 0}};
  m.operations_per_second = m.bytes_per_second = 1e30;
  EXPECT_NEAR(estimate(settings({2, 2, 1}, 1), {1, 1, 2}, m).seconds, 1, 1e-9);
  m.operations_per_second = 1;
  HybridSettings s = settings({3, 1, 2}, 2);
  s.micro_batches = 2;
  const GridPlan plan = estimate(s, {2, 2, 2}, m);
  EXPECT_NEAR(plan.seconds, (3 + 1) + (2 + 1) + (2 * 2 + 1) + 3, 1e-9);
  EXPECT_EQ(plan.parts.gradients, 0);
}

// 8 ranks on two nodes, or 6 on two: tensor ranks that sum in every layer share a node, unless the wish is for others.
TEST(Plan, KeepsTensorRanksOnANode) {
  const HybridSettings s = settings(course, 128);
  PlanMachine machine = typical_machine();
  EXPECT_EQ(plan_grids(s, {}, 8, machine).front().shape, (GridShape{1, 1, 8})) << "nothing would be shown";
  for (const auto& [nodes, tensor] : {std::pair{4, 4}, {2, 2}, {1, 1}, {3, 1}, {6, 2}, {8, 8}}) {
    machine.ranks_of_node = nodes;
    const std::vector<GridPlan> plans = plan_grids(s, {}, 8, machine);
    EXPECT_FALSE(plans.front().crosses);
    EXPECT_EQ(plans.front().shape.tensor, tensor) << nodes;
    EXPECT_EQ(plans.size(), plan_grids(s, {}, 8, typical_machine()).size());
    for (size_t i = 1; i < plans.size(); ++i) EXPECT_GE(plans[i].crosses, plans[i - 1].crosses);
    EXPECT_EQ(plan_grids(s, {.tensor = 8}, 8, machine).front().shape, (GridShape{1, 1, 8}));
    EXPECT_EQ(plan_grids(s, {.tensor = 8}, 8, machine).front().crosses, nodes < 8);
  }
  machine.ranks_of_node = 8;
  EXPECT_FALSE(estimate(s, {1, 1, 3}, machine).crosses) << "three ranks are on one node, whatever it has room for";
  // A grid that fits comes first, wherever its ranks are.
  const HybridSettings wide = settings({784, 4096, 10}, 64);
  machine.ranks_of_node = 1;
  machine.memory = estimate(wide, {1, 1, 2}, machine).memory;
  const std::vector<GridPlan> plans = plan_grids(wide, {}, 2, machine);
  EXPECT_TRUE(plans[0].fits && plans[0].crosses && !plans[1].fits && !plans[1].crosses) << to_string(plans[0].shape);
}

// Bytes a nanosecond only: a message and its addition 1 and 2 inside a node, 10 and 11 between nodes.
PlanMachine two_kinds_of_messages() {
  PlanMachine m;
  m.messages.exchanges = {{1e18, 0, 1e-9}};
  m.messages.reductions = m.messages.reductions_of_sent = {{1e18, 0, 2e-9}};
  m.between.exchanges = {{1e18, 0, 10e-9}};
  m.between.reductions = m.between.reductions_of_sent = {{1e18, 0, 11e-9}};
  m.operations_per_second = m.bytes_per_second = 1e30;
  return m;
}

// 2800 parameters on 4 data ranks: a part has 2800 bytes. On two nodes of two a rank has 1 message inside and 2 to the other node in each
// half of one level, 2 and 1 in two. With `reproducible` the gradients stay in one. On nodes of 3 and 1, rank 3 sends to everybody.
TEST(Plan, TakesTwoLevelsWhereMessagesBetweenNodesCostMore) {
  PlanMachine m = two_kinds_of_messages();
  HybridSettings s = settings({399, 7}, 8);
  s.micro_batches = 4;
  const auto takes = [&](int ranks_of_node, bool two_level, bool reproducible) {
    m.ranks_of_node = ranks_of_node;
    s.two_level = two_level, s.reproducible = reproducible;
    return 1e9 * estimate(s, {4, 1, 1}, m).seconds / 2800;
  };
  EXPECT_NEAR(takes(2, false, false), 1 * (2 + 1) + 2 * (11 + 10), 1e-6);
  EXPECT_NEAR(takes(2, true, false), 2 * (2 + 1) + 1 * (11 + 10), 1e-6);
  EXPECT_NEAR(takes(2, true, true), 1 * 2 + 2 * 11 + 2 * 1 + 1 * 10, 1e-6);
  EXPECT_NEAR(takes(4, true, false), 3 * (2 + 1), 1e-6);
  EXPECT_NEAR(takes(3, false, false), 3 * (11 + 10), 1e-6);
  EXPECT_NEAR(takes(3, true, false), 3 * (11 + 10), 1e-6);  // which stands for all others in its node
  s.gradients_as = two_bytes;  // half of the bytes there, and the addition
  EXPECT_NEAR(takes(2, false, false), 1 * (0.5 + 1 + 1) + 2 * (5 + 1 + 10), 1e-6);
  EXPECT_NEAR(takes(2, true, true), 1 * (0.5 + 1) + 2 * (5 + 1) + 2 * 1 + 1 * 10, 1e-6);
  EXPECT_NEAR(takes(2, true, false), 2 * (2 + 1) + 1 * (5 + 1 + 10), 1e-6);  // inside a node they are floats
  m.ranks_of_node = 2;
  const auto plan = [&](const GridWish& wish) { return plan_grids(s, wish, 4, m).front(); };
  EXPECT_TRUE(plan({.data = 4}).two_level);
  s.reproducible = false;
  EXPECT_TRUE(plan({.data = 4}).two_level);
  s = settings({399, 7}, 8);
  EXPECT_TRUE(plan({.data = 4}).two_level);
  EXPECT_FALSE(plan({.data = 4, .levels = 1}).two_level);
  EXPECT_TRUE(plan({.data = 4, .levels = 2}).two_level);
  // Its memory is that of nodes of three and one.
  m.ranks_of_node = 3;
  HybridSettings named = s;
  named.micro_batches = 4, named.two_level = true, named.nodes = {0, 0, 0, 1};
  EXPECT_EQ(plan({.data = 4, .levels = 2}).memory, double(largest_footprint(named, {4, 1, 1}).sum()));
  m.ranks_of_node = 2;
  for (Curve* line : {&m.between.exchanges, &m.between.reductions}) line->front().beta /= 100;
  EXPECT_FALSE(plan({.data = 4}).two_level);
  m.between = {};
  EXPECT_FALSE(plan({.data = 4}).two_level) << "nobody has said what messages between nodes cost";
  m = two_kinds_of_messages();
  EXPECT_FALSE(plan({.data = 4}).two_level) << "one node";
}

// Each rank a node of its own: every message is one between nodes. All on one: none is.
TEST(Plan, KnowsWhichMessagesCrossFromNodeToNode) {
  const HybridSettings s = settings({100, 90, 80, 70, 60, 50, 10}, 64);
  PlanMachine apart = two_kinds_of_messages(), far = two_kinds_of_messages(), near = two_kinds_of_messages();
  apart.ranks_of_node = 1;
  far.messages = far.between, far.between = near.between = {};
  for (const GridShape& shape : {GridShape{1, 2, 1}, {1, 1, 2}, {1, 3, 1}, {1, 2, 2}}) {
    const double expected = estimate(s, shape, far).seconds;
    EXPECT_NEAR(estimate(s, shape, apart).seconds, expected, 1e-9 * expected) << to_string(shape);
    PlanMachine together = apart;
    together.ranks_of_node = shape.ranks();
    const double least = estimate(s, shape, near).seconds;
    EXPECT_NEAR(estimate(s, shape, together).seconds, least, 1e-9 * least) << to_string(shape);
    EXPECT_GT(expected, 2 * least);
  }
}

// Two stages of three replicas on nodes of four ranks: stage 0 is on one node, of stage 1 the first rank is alone on it. 24 parameters there, so
// a part has 32 bytes, of which this rank sends two to the other node, in each half. Stages are together, their message is of 2 rows of 3.
TEST(Plan, KnowsTheNodesOfEveryStage) {
  PlanMachine m = two_kinds_of_messages();
  m.ranks_of_node = 4;
  HybridSettings s = settings({2, 3, 6}, 6);
  s.micro_batches = 3;
  EXPECT_NEAR(1e9 * estimate(s, {3, 2, 1}, m).seconds, 2 * 24 + 32 * 2 * (11 + 10), 1e-6);
  s.nodes = {0, 0, 0, 0, 1, 1};
  EXPECT_EQ(data_nodes(s, {3, 2, 1}, {2, 0, 0}).node_of, (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(data_nodes(s, {3, 2, 1}, {2, 1, 0}).node_of, (std::vector<int>{0, 1, 1}));

  // Three stages, of which the first two are together: 7 rows of 4 there and of 3 to the third one, and back.
  m.ranks_of_node = 2;
  EXPECT_NEAR(1e9 * estimate(settings({5, 4, 3, 2}, 7), {1, 3, 1}, m).seconds, 2 * 7 * 4 * (4 * 1 + 3 * 10), 1e-6);
}

TEST(MachineFile, IsReadAsItWasWritten) {
  PlanMachine m = odd_machine();
  m.memory = 12345678;
  m.between = m.messages;
  m.between.exchanges = {{77, 1e-5, 3e-9}, {1e18, 2e-5, 1e-9}};
  const std::string file = scratch_file("machine");
  const auto same = [](const Curve& a, const Curve& b) {
    return std::ranges::equal(a, b, [](const Piece& p, const Piece& q) { return p.up_to_bytes == q.up_to_bytes && p.alpha == q.alpha && p.beta == q.beta; });
  };
  const auto expect = [&](const PlanMachine& expected) {
    const PlanMachine found = load_plan_machine(file);
    EXPECT_EQ(found.operations_per_second, expected.operations_per_second);
    EXPECT_EQ(found.bytes_per_second, expected.bytes_per_second);
    EXPECT_EQ(found.memory, expected.memory);
    for (Curve Machine::*line : {&Machine::exchanges, &Machine::reductions, &Machine::reductions_of_sent})
      EXPECT_TRUE(same(found.messages.*line, expected.messages.*line) && same(found.between.*line, expected.between.*line));
  };
  save_plan_machine(m, file);
  expect(m);
  save_plan_machine(typical_machine(), file);  // of which nobody knows the memory
  expect(typical_machine());
  save_machine(m.messages, file);  // chapter 05's
  PlanMachine messages = typical_machine();
  messages.messages = m.messages;
  expect(messages);
  save_plan_machine(m, file);
  const std::string good = text_of_file(file);
  for (const std::string bad : {"memory 0\n", "memory -1\n", "operations-per-second fast\n", "between nothing 1 2 3\n", "bandwidth 1\n"}) {
    std::ofstream(file) << good << bad;
    const std::string line = bad.starts_with("between ") ? bad.substr(7) : bad;
    EXPECT_EQ(error_of([&] { load_plan_machine(file); }) + "\n", file + ": not understood: " + line);
  }
  EXPECT_EQ(error_of([&] { save_plan_machine(m, "/nonexistent/machine"); }), "/nonexistent/machine: cannot be written");
  EXPECT_EQ(error_of([&] { load_plan_machine("/nonexistent/machine"); }), "/nonexistent/machine: cannot be opened");
  std::remove(file.c_str());
}

// Three ranks of a node: on one GPU each may have a third of nine tenths of what is free there; on the CPU of half of the node's.
TEST(Memory, IsThatOfTheDevice) {
  EXPECT_NEAR(share_of_memory("cpu", 0, 3) * 3, share_of_memory("cpu", 0, 1), 1);
  int gpus = 0;
  try {
    gpus = count_gpus();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  for (int ranks : {1, 3}) {
    const double sharing = std::ceil(double(ranks) / gpus), free = double(free_gpu_memory((ranks - 1) % gpus));
    EXPECT_NEAR(share_of_memory("cuda", ranks - 1, ranks), 0.9 * free / sharing, 0.02 * free);
  }
}

const std::vector<int> six_layers = {784, 310, 70, 205, 33, 90, 10};

TEST(Plan, EstimatesWhatItsTextSays) {
  const PlanMachine machine = odd_machine();
  for (const GridShape& shape : {GridShape{1, 1, 1}, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}, {5, 1, 1}, {1, 3, 1}, {1, 1, 3}, {3, 2, 1}, {1, 3, 2},
                                 {2, 2, 3}, {1, 6, 1}})
    for (const char* optimizer : {"sgd", "momentum", "adam"})
      for (int micro_batches : {1, 5, 8})
        for (int kind = 0; kind < 4; ++kind) {
          const int chunks = 1 + kind % 2;
          if (shape.pipeline * chunks > 6) continue;
          HybridSettings s = settings(six_layers, 300);
          if (kind >= 2) s.gradients_as = two_bytes, s.activation_bytes = 2;
          s.micro_batches = micro_batches;
          s.optimizer.name = optimizer;
          s.chunks = chunks;
          if (chunks > 1) s.schedule = "interleaved";
          s.keep_every = 1 + micro_batches % 3;
          if (micro_batches == 8 && chunks == 1) s.schedule = "zb-h1", s.keep_every = 1;
          const GridPlan plan = estimate(s, shape, machine);
          const Estimate plain = plain_estimate(s, shape, machine);
          const std::string what = to_string(shape) + ", " + optimizer + ", " + std::to_string(micro_batches) + " micro-batches";
          EXPECT_NEAR(plan.seconds, plain.seconds, 1e-9 * plain.seconds) << what;
          EXPECT_NEAR(plan.computing, plain.computing, 1e-9 * plain.computing) << what;
          const std::vector<double> parts = {plan.parts.passes, plan.parts.sums, plan.parts.bubble, plan.parts.gradients, plan.parts.update};
          for (size_t i = 0; i < parts.size(); ++i) EXPECT_NEAR(parts[i], plain.parts[i], 1e-9 * plain.seconds) << what << ", part " << i;
          EXPECT_EQ(plan.memory, plain.memory) << what;
          EXPECT_EQ(plan.micro_batches, micro_batches);
          EXPECT_TRUE(plan.fits);
          PlanMachine limited = machine;
          limited.memory = plain.memory;
          EXPECT_TRUE(estimate(s, shape, limited).fits);
          limited.memory = plain.memory - 1;
          EXPECT_FALSE(estimate(s, shape, limited).fits);
        }
}

// Every grid that there can be, each with the best of its numbers of micro-batches: 1, 2, 4, ... for each data rank, up to four
// times the stages, and not more than rows.
std::vector<GridPlan> plain_plans(const HybridSettings& settings, int ranks, const PlanMachine& machine) {
  std::vector<GridPlan> all;
  for (int data = 1; data <= ranks; ++data)
    for (int pipeline = 1; pipeline <= ranks; ++pipeline)
      for (int tensor = 1; tensor <= ranks; ++tensor) {
        if (data * pipeline * tensor != ranks || pipeline * settings.chunks > int(settings.sizes.size()) - 1) continue;
        GridPlan best{.shape = {data, pipeline, tensor}, .micro_batches = 0, .seconds = INFINITY, .memory = INFINITY, .fits = false};
        for (int each = 1; each <= 4 * pipeline && (pipeline > 1 || each == 1); each *= 2) {
          if (each > 1 && each * data > int(settings.batch)) break;
          HybridSettings s = settings;
          s.micro_batches = each * data;
          bool fits = false;
          for (s.keep_every = 1; s.keep_every < int(s.sizes.size()) && !fits; ++s.keep_every) {
            const Estimate e = plain_estimate(s, best.shape, machine);
            fits = machine.memory == 0 || e.memory <= machine.memory;
            if (fits == best.fits ? (fits ? e.seconds >= best.seconds : e.memory >= best.memory) : best.fits) continue;
            best.micro_batches = s.micro_batches, best.seconds = e.seconds, best.computing = e.computing, best.memory = e.memory, best.fits = fits;
            best.keep_every = s.keep_every;
          }
        }
        all.push_back(best);
      }
  std::sort(all.begin(), all.end(), [](const GridPlan& a, const GridPlan& b) {
    return a.fits != b.fits ? a.fits : a.fits ? a.seconds < b.seconds : a.memory < b.memory;
  });
  return all;
}

TEST(Plan, FindsTheBestOfEveryGrid) {
  for (int ranks : {1, 2, 3, 4, 6, 8})
    for (size_t batch : {7, 8, 300})
      for (double memory : {0.0, 3.6e6, 1e4}) {
        HybridSettings s = settings(six_layers, batch);
        s.optimizer.name = "adam";
        PlanMachine machine = odd_machine();
        machine.memory = memory;
        const std::vector<GridPlan> plans = plan_grids(s, {}, ranks, machine), plain = plain_plans(s, ranks, machine);
        ASSERT_EQ(plans.size(), plain.size());
        for (size_t i = 0; i < plans.size(); ++i) {
          EXPECT_TRUE(plans[i].shape == plain[i].shape) << to_string(plans[i].shape) << ", expected " << to_string(plain[i].shape);
          EXPECT_EQ(plans[i].micro_batches, plain[i].micro_batches) << to_string(plans[i].shape);
          EXPECT_EQ(plans[i].fits, plain[i].fits);
          EXPECT_EQ(plans[i].keep_every, plain[i].keep_every) << to_string(plans[i].shape);
          EXPECT_NEAR(plans[i].seconds, plain[i].seconds, 1e-9 * plain[i].seconds);
        }
      }
}

TEST(Plan, SaysWhatIsWrongWithAWish) {
  EXPECT_EQ(refusal(settings(course, 128), {.data = 3, .tensor = 2}, 1), "--replicas 3 --tensor 2: does not multiply to the 1 rank that there are");
  EXPECT_EQ(refusal(settings(course, 128), {.tensor = 3}, 4), "--tensor 3: does not multiply to the 4 ranks that there are");
  HybridSettings two_chunks = settings(course, 128);
  two_chunks.schedule = "interleaved", two_chunks.chunks = 2;
  EXPECT_EQ(refusal(two_chunks, {.data = 1, .pipeline = 2}, 2), "--replicas 1 --pipeline 2: more stages than the network's 3 layers (--hidden)");
  two_chunks.chunks = 4;
  EXPECT_EQ(refusal(two_chunks, {}, 1), "more stages than the network's 3 layers (--hidden)");
  EXPECT_EQ(refusal(settings(course, 128), {.pipeline = 3}, 3), "");  // a layer a stage
}

TEST(Plan, IsTold) {
  const GridPlan a{.shape = {2, 3, 4}, .micro_batches = 16, .seconds = 0.0125, .computing = 0.005, .memory = 12345678, .fits = true};
  const GridPlan b{.shape = {24, 1, 1}, .micro_batches = 24, .seconds = 0.5, .computing = 0.49, .memory = 8.76e9, .fits = false};
  const std::string head = "  data pipeline tensor micro-batches   estimated ms a step   computing   MB a rank\n",
                    first = "     2        3      4            16                 12.50        40 %        12.3\n",
                    second = "    24        1      1            24                500.00        98 %      8760.0  too large\n";
  EXPECT_EQ(table_of({a, b}), head + first + second);
  EXPECT_EQ(table_of({a, b, a}, 2), head + first + second);
  EXPECT_EQ(table_of({a, a, a, a, a}), head + first + first + first + first);
  GridPlan far = a, slow = a;
  far.crosses = true;
  EXPECT_EQ(table_of({far}), head + first.substr(0, first.size() - 1) + "  across nodes\n");
  GridPlan levels = a, far_and_large = b;
  far_and_large.crosses = levels.two_level = true;
  EXPECT_EQ(table_of({far_and_large}), head + second);
  EXPECT_EQ(table_of({levels}), head + first.substr(0, first.size() - 1) + "  two levels\n");
  EXPECT_EQ(why_not(b, a), "24 x 1 x 1 needs 8760.0 MB a rank, too much\n");
  EXPECT_EQ(why_not(far, a), "2 x 3 x 4 has tensor ranks on different nodes: only where --tensor asks for it\n");
  slow.seconds = 0.0135, slow.parts = {0.004, 0.003, 0.000499, 0.005, 0.001};
  GridPlan fast = a;
  fast.parts = {0.005, 0.001, 0.0005, 0.0055, 0.0005};
  EXPECT_EQ(why_not(slow, fast), "2 x 3 x 4 takes 1.00 ms more: passes -1.00, their sums and messages +2.00, bubble +0.00, gradients -0.50, "
                                 "update +0.50\n");
}

// What the texts call the typical machine: microseconds and nanoseconds a byte.
TEST(Plan, TypicalMachineIsThatOfTheText) {
  const PlanMachine m = typical_machine();
  const auto is = [](const Curve& curve, const std::vector<double>& numbers) {
    std::vector<double> found;
    for (const Piece& piece : curve) found.insert(found.end(), {piece.up_to_bytes, 1e6 * piece.alpha, 1e9 * piece.beta});
    ASSERT_EQ(found.size(), numbers.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], numbers[i], 1e-9 * numbers[i]);
  };
  is(m.messages.exchanges, {4096, 0.4, 0.15, 65536, 1, 0.25, 1e18, 10, 0.14});
  is(m.messages.reductions, {4096, 0.5, 0.2, 65536, 1, 0.32, 1e18, 12, 0.22});
  is(m.messages.reductions_of_sent, {4096, 0.5, 0.2, 65536, 1, 0.32, 1e18, 12, 0.22});
  EXPECT_EQ(m.operations_per_second, 95e9);
  EXPECT_EQ(m.bytes_per_second, 25e9);
  EXPECT_EQ(m.memory, 0);
}

TEST(Settings, AreTheUsualOnesIfNothingIsSaid) {
  const HybridSettings s;
  EXPECT_EQ(s.micro_batches, 1);
  EXPECT_EQ(s.chunks, 1);
  EXPECT_FALSE(s.reproducible);
  EXPECT_EQ(s.schedule + " " + s.allreduce + " " + s.exchange, "1f1b rank-order host");
  EXPECT_EQ(s.batch, 128u);
  EXPECT_EQ(s.keep_every, 1);
  EXPECT_EQ(s.activation_bytes, 4u);
  EXPECT_FALSE(s.two_level || s.gradients_as || !s.nodes.empty());
  const HybridOptions o(3);
  EXPECT_FALSE(o.reproducible || o.compare_with_serial);
}

// Each of them, none as it is if nothing is said.
TEST(Settings, AreThoseOfTheOptions) {
  Dataset d = random_dataset(17, 60);
  HybridOptions o(1);
  o.hidden = {40, 30, 20}, o.batch = 32, o.micro_batches = 4, o.optimizer.name = "adam", o.memory_mib = 1000;
  o.schedule = "interleaved", o.chunks = 2, o.reproducible = true, o.recompute = 3, o.levels = 2;
  o.gradients_as = two_bytes, o.activation_bytes = 2;
  printed_by([&] { o.apply(d, 1); });
  const HybridSettings s = o.settings();
  EXPECT_EQ(s.sizes, (std::vector<int>{17, 40, 30, 20, 10}));
  EXPECT_TRUE(s.batch == 32 && s.micro_batches == 4 && s.optimizer.name == "adam");
  EXPECT_TRUE(s.schedule == "interleaved" && s.chunks == 2 && s.reproducible && s.keep_every == 3 && s.two_level);
  EXPECT_TRUE(s.gradients_as && s.activation_bytes == 2);
}

// The names stand in what the guard says of a run that hangs.
TEST(Grids, NameTheirCommunicatorsAndGiveThemBack) {
  const auto name_of = [](MPI_Comm comm) {
    char name[MPI_MAX_OBJECT_NAME];
    int length = 0;
    MPI_CHECK(MPI_Comm_get_name(comm, name, &length));
    return std::string(name);
  };
  for (int i = 0; i < 2100; ++i) {  // MPICH has some 2000 communicators
    const Grid grid({1, 1, 1}, MPI_COMM_SELF);
    ASSERT_TRUE(grid.tensor_ranks_share_hosts());
    if (i > 0) continue;
    EXPECT_EQ(name_of(grid.data()), "data ranks");
    EXPECT_EQ(name_of(grid.pipeline()), "pipeline stages");
    EXPECT_EQ(name_of(grid.tensor()), "tensor ranks");
  }
}

// A stretch of numbers that are neighbours here and there is one segment: all of an unsplit network, a row of a slice of columns.
TEST(Segments, AreAsLongAsTheyCanBe) {
  const Layout whole = make_layout({3, 4, 2}), first = make_layout({3, 4, 2}, {0, 2}, {0, 2}), second = make_layout({3, 4, 2}, {0, 2}, {1, 2});
  std::vector<float> memory(100);
  float* m = memory.data();
  EXPECT_EQ(segments_of(whole, whole, {0, 1}, {0, 26}, m, 7, Copies::all), (std::vector<Segment>{{m, 7, 26}}));
  // Columns 0 and 1 of 3 x 4, half of its bias; rows 0 and 1 of 4 x 2, and its bias, which only slice 0 writes.
  EXPECT_EQ(segments_of(first, whole, {0, 2}, {0, 14}, m, 0, Copies::first_only),
            (std::vector<Segment>{{m, 0, 2}, {m + 2, 4, 2}, {m + 4, 8, 2}, {m + 6, 12, 2}, {m + 8, 16, 4}, {m + 12, 24, 2}}));
  EXPECT_EQ(segments_of(second, whole, {1, 2}, {1, 14}, m, 0, Copies::first_only),
            (std::vector<Segment>{{m, 3, 1}, {m + 1, 6, 2}, {m + 3, 10, 2}, {m + 5, 14, 2}, {m + 7, 20, 4}}));
  EXPECT_EQ(segments_of(second, whole, {1, 2}, {10, 13}, m, 0, Copies::all), (std::vector<Segment>{{m, 22, 3}}));
}

TEST(Footprint, TheLargestIsThatOfThePlaceThatNeedsMost) {
  HybridSettings s = settings(six_layers, 64);
  s.micro_batches = 4;
  for (const GridShape& shape : {GridShape{1, 1, 1}, {2, 3, 1}, {1, 2, 2}}) {
    size_t most = 0;
    for (int rank = 0; rank < shape.ranks(); ++rank) {
      const GridFootprint f = predict_footprint(s, shape, place_of(rank, shape));
      most = std::max(most, f.parameters + f.gradients + f.optimizer + f.activations + f.exchange);
    }
    EXPECT_EQ(largest_footprint(s, shape).sum(), most);
  }
}

}  // namespace
