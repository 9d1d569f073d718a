// What chapter 10 claims of the choice of the grid: it obeys wishes and memory, and finds what chapters 08 and 09 measured.
// ranks: 1
#include <gtest/gtest.h>

#include "chapters/10_hybrid/plan.h"
#include "chapters/10_hybrid/terms.h"
#include "common/error.h"

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

std::string error_of(const HybridSettings& s, const GridWish& wish, int ranks) {
  try {
    plan_grids(s, wish, ranks, typical_machine());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
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
  EXPECT_EQ(error_of(s, {.data = 3}, 8), "--replicas 3: does not multiply to the 8 ranks that there are");
  EXPECT_EQ(error_of(s, {.pipeline = 4}, 4), "--pipeline 4: more stages than the network's 3 layers (--hidden)");
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

}  // namespace
