// Every collective of chapter 05: exact sums, any length, any number of ranks, the same bits on every rank, and the
// order of the sum that its contract states.
// ranks: 1 2 3 7 8
// more ranks: 4 5
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/power_of_two.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/two_level.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "tests/collective_checks.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

// What MPI is asked to add, of vectors for which there is no memory.
struct Asked {
  const void *from, *to;
  int n;
  bool operator==(const Asked&) const = default;
};
std::vector<Asked> asked;
int noted_allreduce(const void* from, void* to, int n, MPI_Datatype, MPI_Op, MPI_Comm) { return asked.push_back({from, to, n}), MPI_SUCCESS; }
#define MPI_Allreduce noted_allreduce
namespace noted_calls {
#include "chapters/05_collectives/allreduce.cpp"
}
#undef MPI_Allreduce

namespace {

std::string told(const char* name, size_t n, int root, bool in_place) {
  return std::string(name) + ", " + std::to_string(n) + " floats, root " + std::to_string(root) +
         (in_place ? ", in place" : "");
}

// All lengths, roots and both placements of one collective: check(n, root, in_place).
template <class Check>
void try_all(const char* name, const Place& at, bool rooted, Check check) {
  for (size_t n : lengths(at))
    for (int root : rooted ? roots(at) : std::vector<int>{0})
      for (bool in_place : {false, true})
        EXPECT_TRUE(everywhere(check(n, root, in_place), told(name, n, root, in_place)));
  EXPECT_TRUE(everywhere(check(large, 0, true), told(name, large, 0, true)));
}

template <class Function>
std::string test_name(const testing::TestParamInfo<Named<Function>>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// ---- exactness ----

template <class Function>
struct Each : testing::TestWithParam<Named<Function>> {
  Place world;
  const Named<Function>& variant = this->GetParam();
  Function* function = variant.function;
  const char* name = variant.name;
};

// Those over messages, except MPI's own: the standard promises neither bits nor order.
std::vector<Named<Allreduce>> message_allreduces() {
  std::vector<Named<Allreduce>> variants;
  for (const auto& variant : allreduces())
    if (!variant.needs_window && variant.function != allreduce_mpi) variants.push_back(variant);
  return variants;
}

using BroadcastTest = Each<Broadcast>;
using ReduceTest = Each<Reduce>;
using ScatterTest = Each<Scatter>;
using GatherTest = Each<Gather>;
using AllgatherTest = Each<Allgather>;
using ReduceScatterTest = Each<ReduceScatter>;
using AllreduceTest = Each<Allreduce>;
INSTANTIATE_TEST_SUITE_P(Each, BroadcastTest, testing::ValuesIn(broadcasts()), test_name<Broadcast>);
INSTANTIATE_TEST_SUITE_P(Each, ReduceTest, testing::ValuesIn(reduces()), test_name<Reduce>);
INSTANTIATE_TEST_SUITE_P(Each, ScatterTest, testing::ValuesIn(scatters()), test_name<Scatter>);
INSTANTIATE_TEST_SUITE_P(Each, GatherTest, testing::ValuesIn(gathers()), test_name<Gather>);
INSTANTIATE_TEST_SUITE_P(Each, AllgatherTest, testing::ValuesIn(allgathers()), test_name<Allgather>);
INSTANTIATE_TEST_SUITE_P(Each, ReduceScatterTest, testing::ValuesIn(reduce_scatters()),
                         test_name<ReduceScatter>);
INSTANTIATE_TEST_SUITE_P(Each, AllreduceTest, testing::ValuesIn(message_allreduces()), test_name<Allreduce>);

TEST_P(BroadcastTest, Exact) {
  try_all(name, world, true,
          [&](size_t n, int root, bool) { return check_broadcast(function, world, n, root); });
}
TEST_P(ReduceTest, Exact) {
  try_all(name, world, true, [&](size_t n, int root, bool in_place) {
    return check_reduce(function, world, n, root, in_place);
  });
}
TEST_P(ScatterTest, Exact) {
  try_all(name, world, true, [&](size_t n, int root, bool in_place) {
    return check_scatter(function, world, n, root, in_place);
  });
}
TEST_P(GatherTest, Exact) {
  try_all(name, world, true, [&](size_t n, int root, bool in_place) {
    return check_gather(function, world, n, root, in_place);
  });
}
TEST_P(AllgatherTest, Exact) {
  try_all(name, world, false,
          [&](size_t n, int, bool in_place) { return check_allgather(function, world, n, in_place); });
}
TEST_P(ReduceScatterTest, Exact) {
  try_all(name, world, false,
          [&](size_t n, int, bool in_place) { return check_reduce_scatter(function, world, n, in_place); });
}
TEST_P(AllreduceTest, Exact) {
  try_all(name, world, false,
          [&](size_t n, int, bool in_place) { return check_allreduce(function, world, n, in_place); });
}
TEST(AllreduceMpi, Exact) {
  const Place world;
  try_all("mpi", world, false,
          [&](size_t n, int, bool in_place) { return check_allreduce(allreduce_mpi, world, n, in_place); });
}

// ---- long vectors ----

struct LongestMessage {
  explicit LongestMessage(size_t floats) : before(set_max_message(floats)) {}
  ~LongestMessage() { set_max_message(before); }
  size_t before;
};

// What happens above INT_MAX happens here above 7 floats.
TEST(LongVectors, AreCutIntoMessages) {
  const LongestMessage seven(7);
  const Place at;
  for (size_t n : {size_t{6}, size_t{7}, size_t{8}, size_t(7 * at.ranks), size_t(15 * at.ranks + 1)}) {
    const int root = at.ranks - 1;
    for (auto& v : broadcasts()) EXPECT_TRUE(everywhere(check_broadcast(v.function, at, n, root), v.name));
    for (auto& v : reduces()) EXPECT_TRUE(everywhere(check_reduce(v.function, at, n, root, true), v.name));
    for (auto& v : scatters()) EXPECT_TRUE(everywhere(check_scatter(v.function, at, n, root, true), v.name));
    for (auto& v : gathers()) EXPECT_TRUE(everywhere(check_gather(v.function, at, n, root, true), v.name));
    for (auto& v : allgathers()) EXPECT_TRUE(everywhere(check_allgather(v.function, at, n, true), v.name));
    for (auto& v : reduce_scatters())
      EXPECT_TRUE(everywhere(check_reduce_scatter(v.function, at, n, true), v.name));
    for (auto& v : message_allreduces())
      EXPECT_TRUE(everywhere(check_allreduce(v.function, at, n, true), v.name));
  }
}

TEST(LongVectors, NumberOfMessages) {
  const Place at;
  const LongestMessage seven(7);
  const int right = (at.rank + 1) % at.ranks, left = (at.rank + at.ranks - 1) % at.ranks;
  const Vector out = whole_numbers(at.rank, 22);
  Vector in(22);
  const size_t before = traffic().messages;
  exchange_floats(out.data(), 22, right, in.data(), 22, left, at.comm);
  const bool four = traffic().messages - before == 4;
  EXPECT_TRUE(everywhere(four && same_bits(in, whole_numbers(left, 22)), "7 + 7 + 7 + 1 floats"));
}

TEST(LongVectors, AMessageHasAtLeastOneFloatAndAtMostMpisLargestCount) {
  const auto refusal = [](size_t floats) { return error_of([&] { set_max_message(floats); }); };
  EXPECT_EQ(refusal(0), "longest message: 0 floats, expected 1 to INT_MAX");
  EXPECT_EQ(refusal(size_t{1} << 31), "longest message: 2147483648 floats, expected 1 to INT_MAX");
  for (size_t floats : {size_t{1}, (size_t{1} << 31) - 1}) {
    const LongestMessage fits(floats);
    EXPECT_EQ(fits.before, size_t{1} << 28) << "what it is if nobody says anything";
  }
}

// Of 2^28 floats at most: no byte of it is looked at here.
TEST(LongVectors, AreGivenToMpiInPieces) {
  constexpr size_t piece = size_t{1} << 28;
  float a = 0, b = 0;
  const auto at = [](const float& x, size_t i) { return reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(&x) + i * sizeof(float)); };
  for (const auto& [n, lengths] : std::vector<std::pair<size_t, std::vector<int>>>{{0, {}}, {5, {5}}, {piece, {int(piece)}}, {2 * piece + 1, {int(piece), int(piece), 1}}})
    for (const bool in_place : {false, true}) {
      asked.clear();
      noted_calls::allreduce_mpi(&b, in_place ? &b : &a, n, MPI_COMM_WORLD);
      std::vector<Asked> expected;
      for (size_t i = 0; i < lengths.size(); ++i) expected.push_back({in_place ? MPI_IN_PLACE : at(a, i * piece), at(b, i * piece), lengths[i]});
      EXPECT_TRUE(asked == expected) << n << " floats in " << asked.size() << " pieces";
    }
}

// A rank asks whether its messages may come before it answers that those of others may. No rank is everybody's first target.
TEST(Order, SendsBeginBeforeReceives) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Place at;
  const size_t others = size_t(at.ranks) - 1;
  const std::string each = std::string(others, 'S') + std::string(others, 'R');
  const auto calls = [&](size_t n, const std::string& name) {
    Vector x(n, 1.0f);
    return record([&] { find_allreduce(name).function(x.data(), x.data(), n, at.comm); });
  };
  const auto letters = [&](size_t n, const std::string& name) { return letters_of(calls(n, name)); };
  for (const size_t n : {short_vector, short_vector + 1})
    EXPECT_TRUE(everywhere(begin_at_the_right(calls(n, "rank-order"), "MPI_Isend", at.rank, at.ranks), "from the right neighbour on"));
  EXPECT_TRUE(everywhere(letters(short_vector + 1, "rank-order") == each + each, "rank-order"));
  EXPECT_TRUE(everywhere(letters(short_vector, "rank-order") == each, "rank-order, short"));
  EXPECT_TRUE(everywhere(letters(100, "ring") == std::string(2 * others, 'S'), "ring"));  // its receives are MPI_Recv
}

// Offsets are size_t: a vector of 2^33 floats (32 GiB) has right bounds although no int can hold them.
TEST(LongVectors, BoundsBeyondInt) {
  const Blocks blocks{(size_t{1} << 33) + 5, 7};
  size_t sum = 0;
  for (int rank = 0; rank < 7; ++rank) {
    EXPECT_EQ(blocks.begin(rank), sum);
    EXPECT_LE(blocks.size(rank), blocks.longest());
    sum += blocks.size(rank);
  }
  EXPECT_EQ(sum, blocks.n);
  EXPECT_EQ(blocks.size_from(5, 4), blocks.size(5) + blocks.size(6) + blocks.size(0) + blocks.size(1));
}

// ---- bits ----

TEST_P(AllreduceTest, SameBitsOnEveryRankAndInEveryRun) {
  for (size_t n : {size_t{17}, size_t{5000}}) {
    const Vector mine = allreduced(function, real_numbers(world.rank, n), world.comm);
    Vector of_rank_0 = mine;
    broadcast_linear(of_rank_0.data(), n, 0, world.comm);
    EXPECT_TRUE(everywhere(same_bits(mine, of_rank_0), "rank 0 has other bits"));
    const Vector again = allreduced(function, real_numbers(world.rank, n), world.comm);
    EXPECT_TRUE(everywhere(same_bits(mine, again), "the second run has other bits"));
  }
}

// Reduces a vector, and the same numbers turned by `turn` places: the share of elements whose bits differ.
size_t elements_that_depend_on_position(const std::function<Vector(const Vector&)>& reduce, const Place& at) {
  const size_t n = 3001, turn = 1234;
  const Vector x = real_numbers(at.rank, n);
  Vector turned(x), sum = reduce(x);
  std::rotate(turned.begin(), turned.begin() + turn, turned.end());
  std::rotate(sum.begin(), sum.begin() + turn, sum.end());
  const Vector sum_of_turned = reduce(turned);
  size_t different = 0;
  for (size_t i = 0; i < n; ++i) different += std::memcmp(&sum[i], &sum_of_turned[i], sizeof(float)) != 0;
  return different;
}

TEST_P(AllreduceTest, OrderDependsOnPositionAsDeclared) {
  const auto reduce = [&](const Vector& x) { return allreduced(function, x, world.comm); };
  const size_t different = elements_that_depend_on_position(reduce, world);
  // Two operands have one order: a + b is b + a.
  const bool expected = variant.order_depends_on_position && world.ranks > 2;
  EXPECT_TRUE(everywhere((different > 0) == expected, std::to_string(different) + " elements depend on it"));
}

TEST_P(ReduceScatterTest, OrderDependsOnPositionAsDeclared) {
  const auto reduce = [&](const Vector& x) {
    Vector all(x.size());
    float* mine = all.data() + world.blocks(x.size()).begin(world.rank);
    function(mine, x.data(), x.size(), world.comm);
    allgather_ring(all.data(), mine, x.size(), world.comm);
    return all;
  };
  const size_t different = elements_that_depend_on_position(reduce, world);
  const bool expected = variant.order_depends_on_position && world.ranks > 2;
  EXPECT_TRUE(everywhere((different > 0) == expected, std::to_string(different) + " elements depend on it"));
}

TEST(RankOrder, AddsAsASerialLoopOverTheRanks) {
  const Place at;
  for (size_t n : {size_t{50}, short_vector, short_vector + 1, size_t{5000}}) {
    const Vector x = real_numbers(at.rank, n), serial = sum_in_rank_order(0, at.ranks, n);
    EXPECT_TRUE(everywhere(same_bits(allreduced(allreduce_rank_order, x, at.comm), serial), "allreduce"));
    Vector mine(at.blocks(n).size(at.rank));
    reduce_scatter_rank_order(mine.data(), x.data(), n, at.comm);
    EXPECT_TRUE(everywhere(same_bits(mine, at.block_of(serial)), "reduce-scatter"));
    for (Reduce* reduce : {reduce_linear, reduce_chain}) {
      Vector sum(n);
      reduce(sum.data(), x.data(), n, at.ranks / 2, at.comm);
      EXPECT_TRUE(everywhere(at.rank != at.ranks / 2 || same_bits(sum, serial), "reduce"));
    }
  }
}

// The block of rank r starts with rank r + 1's operand: x(r+1) + x(r+2) + ... + x(r).
TEST(Ring, StartsBehindTheOwnerOfABlock) {
  const Place at;
  const size_t n = 3001;
  Vector expected(n);
  for (int owner = 0; owner < at.ranks; ++owner)
    for (size_t i = at.blocks(n).begin(owner); i < at.blocks(n).end(owner); ++i) {
      expected[i] = real_number((owner + 1) % at.ranks, i);
      for (int step = 2; step <= at.ranks; ++step) expected[i] += real_number((owner + step) % at.ranks, i);
    }
  EXPECT_TRUE(everywhere(same_bits(allreduced(allreduce_ring, real_numbers(at.rank, n), at.comm), expected), "ring"));
}

// A shard of the sum is the same whether it comes from a reduce-scatter or from an allreduce.
TEST(ReduceScatter, HasTheBitsOfItsAllreduce) {
  const Place at;
  const std::pair<ReduceScatter*, Allreduce*> pairs[] = {
      {reduce_scatter_rank_order, allreduce_rank_order},
      {reduce_scatter_ring, allreduce_ring},
      {reduce_scatter_recursive_halving, allreduce_rabenseifner}};
  const Vector x = real_numbers(at.rank, 4001);
  for (auto [reduce_scatter, allreduce] : pairs) {
    Vector mine(at.blocks(x.size()).size(at.rank));
    reduce_scatter(mine.data(), x.data(), x.size(), at.comm);
    EXPECT_TRUE(everywhere(same_bits(mine, at.block_of(allreduced(allreduce, x, at.comm))), "block"));
  }
}

// ---- communicators ----

// Even and odd ranks work at the same time, counted backwards, and the two groups do different things.
TEST(Communicators, TwoGroupsAtOnce) {
  const int world_rank = rank_of(MPI_COMM_WORLD);
  const Split half(world_rank % 2, -world_rank);
  const auto variants = message_allreduces();
  for (size_t v = 0; v < variants.size(); ++v) {
    const auto& variant = variants[(v + world_rank % 2) % variants.size()];
    const bool ok = check_allreduce(variant.function, half, 1000 + 100 * (world_rank % 2), true);
    EXPECT_TRUE(everywhere(ok, variant.name));
  }
  const int last = half.ranks - 1;
  for (auto& v : broadcasts()) EXPECT_TRUE(everywhere(check_broadcast(v.function, half, 99, last), v.name));
  for (auto& v : reduces()) EXPECT_TRUE(everywhere(check_reduce(v.function, half, 99, last, true), v.name));
  for (auto& v : scatters()) EXPECT_TRUE(everywhere(check_scatter(v.function, half, 99, last, true), v.name));
  for (auto& v : gathers()) EXPECT_TRUE(everywhere(check_gather(v.function, half, 99, last, true), v.name));
  for (auto& v : allgathers()) EXPECT_TRUE(everywhere(check_allgather(v.function, half, 99, true), v.name));
  for (auto& v : reduce_scatters()) EXPECT_TRUE(everywhere(check_reduce_scatter(v.function, half, 99, true), v.name));
}

// A grid of ranks: sums along its rows, then along its columns, without a barrier between them. Together they are the
// sum over the grid.
TEST(Communicators, RowsAndColumnsOfAGrid) {
  const Place world;
  const int columns = world.ranks % 2 == 0 ? 2 : 1;
  const Split row(world.rank / columns, world.rank), column(world.rank % columns, world.rank);
  for (auto& variant : message_allreduces()) {
    Walled data(whole_numbers(world.rank, 1000));
    variant.function(data.data(), data.data(), 1000, row.comm);
    variant.function(data.data(), data.data(), 1000, column.comm);
    EXPECT_TRUE(everywhere(data.holds(sum_of_whole_numbers(world.ranks, 1000)), variant.name));
  }
}

// A fast rank may be one collective ahead: messages of the two must not be confused.
TEST(Communicators, DifferentCollectivesBackToBack) {
  const Place at;
  bool ok = true;
  for (int repeat = 0; repeat < 3; ++repeat)
    for (auto& variant : message_allreduces()) {
      ok &= check_allreduce(variant.function, at, 64, repeat == 1);
      ok &= check_broadcast(broadcast_tree, at, 64, repeat % at.ranks);
      ok &= check_allgather(allgather_bruck, at, 64, false);
    }
  EXPECT_TRUE(everywhere(ok, "collectives back to back"));
}

// ---- costs ----

// The most messages and floats that one rank sends.
Traffic busiest(Allreduce* allreduce, size_t n, MPI_Comm comm) {
  const Traffic before = traffic();
  allreduced(allreduce, Vector(n), comm);
  const Traffic after = traffic();
  unsigned long long most[] = {after.messages - before.messages, after.floats - before.floats};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPI_UNSIGNED_LONG_LONG, MPI_MAX, comm));
  return {most[0], most[1]};
}

// The alpha and beta terms of collectives.h, counted.
TEST(Traffic, IsWhatTheFormulasSay) {
  const Place at;
  const size_t p = at.ranks, n = 840 * 4;  // every p from 1 to 8 divides n
  const size_t both_ways = 2 * (p - 1) * (n / p);
  const Traffic ring = busiest(allreduce_ring, n, at.comm);
  EXPECT_EQ(ring.messages, 2 * (p - 1));
  EXPECT_EQ(ring.floats, both_ways);
  const Traffic rank_order = busiest(allreduce_rank_order, n, at.comm);
  EXPECT_EQ(rank_order.messages, 2 * (p - 1));
  EXPECT_EQ(rank_order.floats, both_ways);
  size_t rounds = 0;
  while (size_t{2} << rounds <= p) ++rounds;
  const size_t folded = (size_t{1} << rounds) < p;
  const Traffic doubling = busiest(allreduce_recursive_doubling, n, at.comm);
  EXPECT_EQ(doubling.messages, rounds + folded);
  EXPECT_EQ(doubling.floats, (rounds + folded) * n);
  const Traffic rabenseifner = busiest(allreduce_rabenseifner, n, at.comm);
  EXPECT_EQ(rabenseifner.messages, 2 * rounds + folded);
  if (folded) {
    EXPECT_LE(rabenseifner.floats, 3 * n);
  } else {
    EXPECT_EQ(rabenseifner.floats, both_ways);
  }
}

// Two ways have the same result: only the name says which one is asked for.
TEST(Table, ANameIsThatOfItsFunction) {
  const auto expect = [](auto table, std::vector<std::pair<std::string, decltype(table[0].function)>> ways) {
    ASSERT_EQ(table.size(), ways.size());
    for (size_t i = 0; i < ways.size(); ++i) EXPECT_TRUE(table[i].name == ways[i].first && table[i].function == ways[i].second) << table[i].name;
  };
  expect(broadcasts(), {{"linear", broadcast_linear}, {"tree", broadcast_tree}, {"chain", broadcast_chain}, {"scatter-allgather", broadcast_scatter_allgather}});
  expect(reduces(), {{"linear", reduce_linear}, {"tree", reduce_tree}, {"chain", reduce_chain}});
  expect(scatters(), {{"linear", scatter_linear}, {"tree", scatter_tree}});
  expect(gathers(), {{"linear", gather_linear}, {"tree", gather_tree}});
  expect(allgathers(), {{"direct", allgather_direct}, {"ring", allgather_ring}, {"bruck", allgather_bruck}, {"recursive-doubling", allgather_recursive_doubling}});
  expect(reduce_scatters(), {{"rank-order", reduce_scatter_rank_order}, {"ring", reduce_scatter_ring}, {"recursive-halving", reduce_scatter_recursive_halving}});
  expect(allreduces(), {{"rank-order", allreduce_rank_order}, {"reduce-broadcast", allreduce_reduce_broadcast}, {"recursive-doubling", allreduce_recursive_doubling},
                        {"ring", allreduce_ring}, {"rabenseifner", allreduce_rabenseifner}, {"two-level", allreduce_two_level},
                        {"shared-window", allreduce_shared_window}, {"mpi", allreduce_mpi}});
}

TEST(Table, UnknownNameListsTheKnownOnes) {
  EXPECT_EQ(find_allreduce("ring").function, allreduce_ring);
  EXPECT_EQ(find_reduce_scatter("recursive-halving").function, reduce_scatter_recursive_halving);
  EXPECT_EQ(error_of([] { find_allreduce("rings"); }), "allreduce: there is no 'rings', only rank-order, reduce-broadcast, recursive-doubling, ring, "
                                                       "rabenseifner, two-level, shared-window, mpi");
  EXPECT_EQ(error_of([] { find_reduce_scatter("tree"); }), "reduce-scatter: there is no 'tree', only rank-order, ring, recursive-halving");
  EXPECT_EQ(reduce_scatter_names(), (std::vector<std::string>{"rank-order", "ring", "recursive-halving"}));
  EXPECT_EQ(allreduce_names().size(), 8u);
}

}  // namespace
