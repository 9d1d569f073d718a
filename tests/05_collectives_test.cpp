// Every collective of chapter 05: exact sums, any length, any number of ranks, the same bits on every rank, and the
// order of the sum that its contract states.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/two_level.h"
#include "chapters/05_collectives/two_level_halves.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/philox.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

namespace {

using Vector = std::vector<float>;
const size_t large = (size_t{1} << 20) + 3;

// True on every rank if `ok` is true on every rank. The first rank that fails says where.
bool everywhere(bool ok, const std::string& what) {
  int rank = rank_of(MPI_COMM_WORLD);
  if (!ok) std::fprintf(stderr, "rank %d: wrong: %s\n", rank, what.c_str());
  int all = ok;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  return all;
}

// Small integers: sums of eight of them are exact in any order. The period, 13, divides no block length by plan.
float whole_number(int rank, size_t i) {
  return float((i * 5 + rank * 3 + i % 13 * rank) % 13) - 6;
}

Vector whole_numbers(int rank, size_t n) {
  Vector x(n);
  for (size_t i = 0; i < n; ++i) x[i] = whole_number(rank, i);
  return x;
}

Vector sum_of_whole_numbers(int ranks, size_t n) {
  Vector sum(n, 0.0f);
  for (size_t i = 0; i < n; ++i)
    for (int rank = 0; rank < ranks && i < 13; ++rank) sum[i] += whole_number(rank, i);
  for (size_t i = 13; i < n; ++i) sum[i] = sum[i - 13];
  return sum;
}

// Numbers of many sizes, whose sums do depend on the order.
float real_number(int rank, size_t i) {
  const Philox4 words = random_words(5, RandomStream::test, rank, i);
  return std::ldexp(uniform(words[0]) - 0.5f, int(words[1] % 12));
}

Vector real_numbers(int rank, size_t n) {
  Vector x(n);
  for (size_t i = 0; i < n; ++i) x[i] = real_number(rank, i);
  return x;
}

bool same_bits(const Vector& a, const Vector& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// Memory for n floats between two walls that nobody may write to.
class Walled {
 public:
  explicit Walled(size_t n) : Walled(Vector(n, std::nanf(""))) {}
  explicit Walled(const Vector& content) : memory_(content.size() + 2 * wall, brick), n_(content.size()) {
    std::copy(content.begin(), content.end(), data());
  }
  float* data() { return memory_.data() + wall; }
  Vector content() { return Vector(data(), data() + n_); }
  bool intact() const {
    const auto is_brick = [](float x) { return x == brick; };
    return std::all_of(memory_.begin(), memory_.begin() + wall, is_brick) &&
           std::all_of(memory_.end() - wall, memory_.end(), is_brick);
  }
  bool holds(const Vector& expected) { return intact() && same_bits(content(), expected); }

 private:
  static constexpr size_t wall = 8;
  static constexpr float brick = 12345;
  Vector memory_;
  size_t n_;
};

// One communicator to try things on, and what every check needs of it.
struct Place {
  MPI_Comm comm = MPI_COMM_WORLD;
  int rank = rank_of(comm), ranks = ranks_of(comm);
  Blocks blocks(size_t n) const { return {n, ranks}; }
  Vector block_of(const Vector& all) const {
    const Blocks b = blocks(all.size());
    return Vector(all.begin() + b.begin(rank), all.begin() + b.end(rank));
  }
};

std::vector<size_t> lengths(const Place& place) {
  const size_t p = place.ranks;
  return {0, 1, p - 1, p, p + 1, 1000};
}

std::vector<int> roots(const Place& place) {
  if (place.ranks == 1) return {0};
  return {0, place.ranks / 2, place.ranks - 1};
}

// ---- one check per kind: true if this rank has what it should have ----

bool check_broadcast(Broadcast* broadcast, const Place& at, size_t n, int root) {
  Walled data(at.rank == root ? whole_numbers(root, n) : Vector(n, -1.0f));
  broadcast(data.data(), n, root, at.comm);
  return data.holds(whole_numbers(root, n));
}

bool check_reduce(Reduce* reduce, const Place& at, size_t n, int root, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n);
  Walled data(operand), separate(n);
  Walled& result = in_place ? data : separate;
  reduce(result.data(), data.data(), n, root, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return result.intact() && (at.rank != root || result.holds(sum_of_whole_numbers(at.ranks, n)));
}

bool check_scatter(Scatter* scatter, const Place& at, size_t n, int root, bool in_place) {
  const Vector whole = whole_numbers(root, n);
  Walled all(at.rank == root ? whole : Vector(n, -1.0f)), separate(at.blocks(n).size(at.rank));
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  scatter(mine, all.data(), n, root, at.comm);
  const Vector expected = at.block_of(whole);
  return all.intact() && separate.intact() && std::equal(expected.begin(), expected.end(), mine) &&
         (at.rank != root || all.holds(whole));
}

bool check_gather(Gather* gather, const Place& at, size_t n, int root, bool in_place) {
  const Vector whole = whole_numbers(0, n), block = at.block_of(whole);
  Walled all(n), separate(block);
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  if (in_place) std::copy(block.begin(), block.end(), mine);
  gather(all.data(), mine, n, root, at.comm);
  return separate.holds(block) && all.intact() && (at.rank != root || all.holds(whole));
}

bool check_allgather(Allgather* allgather, const Place& at, size_t n, bool in_place) {
  const Vector whole = whole_numbers(0, n), block = at.block_of(whole);
  Walled all(n), separate(block);
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  if (in_place) std::copy(block.begin(), block.end(), mine);
  allgather(all.data(), mine, n, at.comm);
  return separate.holds(block) && all.holds(whole);
}

bool check_reduce_scatter(ReduceScatter* reduce_scatter, const Place& at, size_t n, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n), expected = at.block_of(sum_of_whole_numbers(at.ranks, n));
  Walled data(operand), separate(expected.size());
  float* mine = in_place ? data.data() + at.blocks(n).begin(at.rank) : separate.data();
  reduce_scatter(mine, data.data(), n, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return data.intact() && separate.intact() && std::equal(expected.begin(), expected.end(), mine);
}

bool check_allreduce(Allreduce* allreduce, const Place& at, size_t n, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n);
  Walled data(operand), separate(n);
  Walled& result = in_place ? data : separate;
  allreduce(result.data(), data.data(), n, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return result.holds(sum_of_whole_numbers(at.ranks, n));
}

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

// A rank asks whether its messages may come before it answers that those of others may.
TEST(Order, SendsBeginBeforeReceives) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Place at;
  const size_t others = size_t(at.ranks) - 1;
  const std::string each = std::string(others, 'S') + std::string(others, 'R');
  const auto letters = [&](size_t n, const std::string& name) {
    Vector x(n, 1.0f);
    return letters_of(record([&] { find_allreduce(name).function(x.data(), x.data(), n, at.comm); }));
  };
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

Vector allreduced(Allreduce* allreduce, const Vector& operand, MPI_Comm comm) {
  Vector result(operand.size());
  allreduce(result.data(), operand.data(), operand.size(), comm);
  return result;
}

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

Vector sum_in_rank_order(int first, int last, size_t n) {
  Vector sum = real_numbers(first, n);
  for (int rank = first + 1; rank < last; ++rank)
    for (size_t i = 0; i < n; ++i) sum[i] += real_number(rank, i);
  return sum;
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

struct Split : Place {
  Split(int color, int key) {
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, color, key, &comm));
    rank = rank_of(comm);
    ranks = ranks_of(comm);
  }
  ~Split() { MPI_CHECK(MPI_Comm_free(&comm)); }
};

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
  for (auto& v : broadcasts()) EXPECT_TRUE(everywhere(check_broadcast(v.function, half, 99, 0), v.name));
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

// ---- two levels, shared window, barrier ----

TEST(TwoLevel, AnyNodeSize) {
  const Place at;
  for (int per_node : {1, 2, 3, at.ranks}) {
    set_ranks_per_node(at.comm, per_node);
    for (size_t n : lengths(at))
      EXPECT_TRUE(everywhere(check_allreduce(allreduce_two_level, at, n, n % 2),
                             "per node " + std::to_string(per_node)));
    const size_t n = 3000;
    Vector expected(n);
    for (int first = 0; first < at.ranks; first += per_node) {
      const Vector node = sum_in_rank_order(first, std::min(first + per_node, at.ranks), n);
      for (size_t i = 0; i < n; ++i) expected[i] = first == 0 ? node[i] : expected[i] + node[i];
    }
    const Vector sum = allreduced(allreduce_two_level, real_numbers(at.rank, n), at.comm);
    EXPECT_TRUE(everywhere(same_bits(sum, expected), "not the sum of the nodes' sums"));
  }
  set_ranks_per_node(at.comm, 0);
}

TEST(TwoLevel, RefusesNodesOfLessThanNothing) {
  const Place at;
  EXPECT_EQ(error_of([&] { set_ranks_per_node(at.comm, -1); }), "ranks per node: -1, expected 0 or more");
}

// The hosts as they are: on a cluster of three, five ranks are two, two and one.
TEST(TwoLevel, AddsTheSumsOfTheHosts) {
  const Place at;
  const size_t n = 3000;
  MPI_Comm host;
  MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, at.rank, MPI_INFO_NULL, &host));
  int first = at.rank;  // of this host
  MPI_CHECK(MPI_Bcast(&first, 1, MPI_INT, 0, host));
  MPI_CHECK(MPI_Comm_free(&host));
  std::vector<int> first_of(at.ranks);
  MPI_CHECK(MPI_Allgather(&first, 1, MPI_INT, first_of.data(), 1, MPI_INT, MPI_COMM_WORLD));
  std::map<int, Vector> sums;  // by the first rank of a host
  for (int rank = 0; rank < at.ranks; ++rank) {
    const Vector mine = real_numbers(rank, n);
    Vector& sum = sums[first_of[rank]];
    if (sum.empty()) sum = mine;
    else for (size_t i = 0; i < n; ++i) sum[i] += mine[i];
  }
  Vector expected = sums[0];
  for (const auto& [leader, sum] : sums)
    for (size_t i = 0; leader > 0 && i < n; ++i) expected[i] += sum[i];
  const Vector sum = allreduced(allreduce_two_level, real_numbers(at.rank, n), at.comm);
  EXPECT_TRUE(everywhere(same_bits(sum, expected), "not the sum of the hosts' sums"));
}

// Ranks on nodes in many ways, given by the test: even and uneven nodes, neighbours together and apart.
std::vector<std::vector<int>> some_nodes(int ranks) {
  std::vector<std::vector<int>> all(6, std::vector<int>(size_t(ranks)));
  for (int r = 0; r < ranks; ++r) {
    const int names[] = {7, r, r / 2, r % 2, r < 3 ? 5 : 2, r % 3};
    for (size_t i = 0; i < all.size(); ++i) all[i][size_t(r)] = names[i];
  }
  return all;
}

// The nodes' sums, each in rank order, in the order of their first ranks.
Vector sum_by_nodes(const std::vector<int>& names, size_t n) {
  std::vector<int> order;
  std::map<int, Vector> sums;
  for (int rank = 0; rank < int(names.size()); ++rank) {
    Vector& sum = sums[names[size_t(rank)]];
    const Vector mine = real_numbers(rank, n);
    if (sum.empty() && n > 0) order.push_back(names[size_t(rank)]), sum = mine;
    else for (size_t i = 0; i < n; ++i) sum[i] += mine[i];
  }
  Vector all(n);
  for (size_t node = 0; node < order.size(); ++node)
    for (size_t i = 0; i < n; ++i) all[i] = node == 0 ? sums[order[0]][i] : all[i] + sums[order[node]][i];
  return all;
}

TEST(TwoLevelHalves, AddInsideTheNodesFirstAndGatherEverything) {
  const Place at;
  std::vector<std::vector<int>> all = some_nodes(at.ranks);
  for (const std::vector<int>& names : all) {
    const Nodes nodes = make_nodes(names);
    for (size_t n : lengths(at))
      for (bool in_place : {false, true}) {
        const Vector operand = real_numbers(at.rank, n), expected = at.block_of(sum_by_nodes(names, n));
        Walled data(operand), separate(expected.size()), memory(two_level_floats(n, nodes, at.rank));
        float* const place = data.data() + at.blocks(n).begin(at.rank);
        reduce_scatter_two_level(in_place ? place : separate.data(), data.data(), n, nodes, at.comm, in_place ? memory.data() : nullptr);
        const Vector mine(place, place + expected.size());
        bool ok = data.intact() && memory.intact() && (in_place ? same_bits(mine, expected) : separate.holds(expected) && data.holds(operand));

        const Vector whole = real_numbers(1, n), block = at.block_of(whole);
        Walled gathered(n), own(block);
        if (in_place) std::copy(block.begin(), block.end(), gathered.data() + at.blocks(n).begin(at.rank));
        allgather_two_level(gathered.data(), in_place ? gathered.data() + at.blocks(n).begin(at.rank) : own.data(), n, nodes, at.comm);
        ok = ok && gathered.holds(whole) && own.holds(block);
        EXPECT_TRUE(everywhere(ok, "nodes " + testing::PrintToString(names) + ", " + std::to_string(n) + " floats"));
      }
  }
}

// By the formulas of the text: what leaves a node in two levels is its sums of all foreign blocks; then its own blocks, once for each
// other node. Of one level: that from each of its r ranks; to each foreign rank. On even nodes two levels are one r-th.
TEST(TwoLevelHalves, SendBetweenNodesOnlyWhatTheFormulaSays) {
  const Place at;
  const size_t n = 1000;
  for (const std::vector<int>& names : some_nodes(at.ranks)) {
    const Nodes nodes = make_nodes(names);
    const auto here = [&](int rank) { return names[size_t(rank)] == names[size_t(at.rank)]; };
    size_t own = 0, foreign = 0, members = 0;
    for (int r = 0; r < at.ranks; ++r) (here(r) ? own : foreign) += at.blocks(n).size(r), members += here(r);
    const size_t others = nodes.ranks.size() - 1;

    Vector data = real_numbers(at.rank, n), mine(at.blocks(n).size(at.rank));
    for (const bool two : {false, true})
      for (const bool reduces : {false, true}) {
        std::vector<Call> calls;
        log_calls(&calls);
        if (two && reduces) reduce_scatter_two_level(mine.data(), data.data(), n, nodes, at.comm);
        else if (two) allgather_two_level(data.data(), mine.data(), n, nodes, at.comm);
        else if (reduces) reduce_scatter_rank_order(mine.data(), data.data(), n, at.comm);
        else allgather_direct(data.data(), mine.data(), n, at.comm);
        log_calls(nullptr);
        size_t inside = 0, between = 0, sent[2] = {0, 0};  // messages; floats of this rank to others inside and between
        for (const Call& call : calls)
          if (call.to >= 0) (here(call.to) ? inside : between) += 1, sent[!here(call.to)] += call.sent;
        const BlockMessages formula = two ? messages_in_two_levels(nodes, at.rank) : messages_in_one_level(nodes, at.rank);
        const bool as_said = inside == size_t(formula.inside) && between == size_t(formula.between);
        EXPECT_TRUE(everywhere(as_said || !reduces, "messages of a sum, nodes " + testing::PrintToString(names)));
        std::vector<size_t> of_ranks(size_t(at.ranks));
        MPI_CHECK(MPI_Allgather(&sent[1], 1, MPI_UNSIGNED_LONG, of_ranks.data(), 1, MPI_UNSIGNED_LONG, at.comm));
        size_t leaves = 0;
        for (int r = 0; r < at.ranks; ++r) leaves += here(r) ? of_ranks[size_t(r)] : 0;
        const size_t expected = two ? (reduces ? foreign : others * own) : reduces ? members * foreign : own * (size_t(at.ranks) - members);
        EXPECT_TRUE(everywhere(leaves == expected, std::string(two ? "two levels" : "one level") + (reduces ? ", sum" : ", gather") + ", nodes " +
                                                       testing::PrintToString(names) + ": " + std::to_string(leaves) + " floats leave, not " +
                                                       std::to_string(expected)));
      }
  }
}

// Nobody waits for a receive of the second level: it is posted before the first one begins.
TEST(TwoLevelHalves, PostEveryReceiveFirst) {
  const Place at;
  const Nodes nodes = make_nodes(some_nodes(at.ranks)[2]);
  Vector data = real_numbers(at.rank, 1000), mine(at.blocks(1000).size(at.rank));
  for (const bool reduces : {true, false}) {
    std::vector<Call> calls;
    log_calls(&calls);
    if (reduces) reduce_scatter_two_level(mine.data(), data.data(), 1000, nodes, at.comm);
    else allgather_two_level(data.data(), mine.data(), 1000, nodes, at.comm);
    log_calls(nullptr);
    const auto first_send = std::find_if(calls.begin(), calls.end(), [](const Call& c) { return c.to >= 0; });
    EXPECT_TRUE(everywhere(std::none_of(first_send, calls.end(), [](const Call& c) { return c.from >= 0; }), "a receive behind a send"));
    EXPECT_TRUE(everywhere(calls.size() >= size_t(at.ranks - 1), "too few messages"));
  }
}

// By hand: 4 ranks on two nodes cut 10 elements into 2, 3, 2 and 3. Each stands for two owners: two operands and a sum of each, and for itself
// two sums of nodes: 2 · 3 + 2 blocks of at most 3. On nodes of three and one, rank 3 stands for all: 4 · 2 + 2.
TEST(TwoLevelHalves, NeedTheMemoryOfTheFormula) {
  const auto floats = [](std::vector<int> names, int rank) { return two_level_floats(10, make_nodes(names), rank); };
  for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(floats({7, 7, 8, 8}, rank), 24u);
  EXPECT_EQ(floats({0, 0, 0, 0}, 1), (5u + 1) * 3);
  EXPECT_EQ(floats({0, 1, 2, 3}, 1), (4 * 2 + 4) * 3u);
  EXPECT_EQ(floats({0, 0, 0, 1}, 3), (4 * 2 + 2) * 3u);
  EXPECT_EQ(floats({0, 0, 0, 1}, 0), (2 * 4 + 2) * 3u);
  EXPECT_EQ(floats({0, 0, 0, 1}, 1), (4 + 2) * 3u);
}

TEST(TwoLevelHalves, FindTheHostsAsTheyAre) {
  const Place at;
  const Nodes nodes = nodes_of(at.comm);
  MPI_Comm host;
  MPI_CHECK(MPI_Comm_split_type(at.comm, MPI_COMM_TYPE_SHARED, at.rank, MPI_INFO_NULL, &host));
  const std::vector<int>& mine = nodes.ranks[size_t(nodes.node_of[size_t(at.rank)])];
  EXPECT_TRUE(everywhere(mine.size() == size_t(ranks_of(host)) && mine[size_t(rank_of(host))] == at.rank, "this rank's host"));
  MPI_CHECK(MPI_Comm_free(&host));
}

// The constructor asks MPI for the memory: so the test sees its window.
MPI_Win last_window;

// Making a window takes MPI a while where ranks outnumber cores, so all tests use the same two.
class SharedWindowTest : public testing::Test {
 protected:
  static constexpr size_t n = 10000;
  static void SetUpTestSuite() {
    if (!on_one_host()) return;
    window = new SharedWindow(MPI_COMM_WORLD, n);
    other = new SharedWindow(MPI_COMM_WORLD, n);
  }
  void SetUp() override {
    if (!window) GTEST_SKIP() << "skipped: the ranks are on several hosts and share no memory";
  }
  static void TearDownTestSuite() {
    delete other;
    delete window;
  }
  static inline SharedWindow *window = nullptr, *other = nullptr;
  Place at;
};

TEST_F(SharedWindowTest, ItsErrorsReturn) {
  MPI_Errhandler handler;
  MPI_CHECK(MPI_Win_get_errhandler(last_window, &handler));
  EXPECT_ON_ALL_RANKS(handler == MPI_ERRORS_RETURN);
}

TEST_F(SharedWindowTest, AnyPieceOfIt) {
  const size_t p = at.ranks;
  for (size_t count : {size_t{0}, size_t{1}, p - 1, p + 1, size_t{5003}, n})
    for (size_t begin : {size_t{0}, (n - count) / 2, n - count}) {
      const Vector operand = real_numbers(at.rank, n), sum = sum_in_rank_order(0, at.ranks, n);
      std::copy(operand.begin(), operand.end(), window->mine());
      allreduce_shared_window(window->mine() + begin, window->mine() + begin, count, at.comm);
      Vector expected = operand;
      std::copy_n(sum.begin() + begin, count, expected.begin() + begin);
      EXPECT_TRUE(everywhere(std::equal(expected.begin(), expected.end(), window->mine()),
                             std::to_string(count) + " floats at " + std::to_string(begin)));
    }
}

TEST_F(SharedWindowTest, TwoWindowsOfOneCommunicator) {
  std::fill_n(window->mine(), n, 1.0f);
  std::fill_n(other->mine(), n, 2.0f);
  allreduce_shared_window(other->mine(), other->mine(), n, at.comm);
  allreduce_shared_window(window->mine(), window->mine(), n, at.comm);
  const float ranks = at.ranks;
  EXPECT_TRUE(everywhere(std::count(window->mine(), window->mine() + n, ranks) == n, "first"));
  EXPECT_TRUE(everywhere(std::count(other->mine(), other->mine() + n, 2 * ranks) == n, "second"));
}

TEST_F(SharedWindowTest, RefusesOtherMemory) {
  Vector elsewhere(n);
  const auto refuses = [&](float* result, const float* data, size_t length) {
    return error_of([&] { allreduce_shared_window(result, data, length, at.comm); }) ==
           "allreduce shared-window: the vector must lie in a SharedWindow of this communicator, in place";
  };
  EXPECT_TRUE(refuses(elsewhere.data(), elsewhere.data(), 10));
  EXPECT_TRUE(refuses(elsewhere.data(), window->mine(), 10));
  EXPECT_TRUE(refuses(window->mine() + 1, window->mine() + 1, n));
  EXPECT_TRUE(refuses(window->mine() - 1, window->mine() - 1, 10));
}

TEST(Barrier, NobodyLeavesBeforeTheLastHasCome) {
  const Place at;
  using Clock = std::chrono::steady_clock;  // one clock for all processes of a node
  for (int late = 0; late < at.ranks; ++late) {
    if (at.rank == late) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto entered = Clock::now();
    barrier_dissemination(at.comm);
    const auto left = Clock::now();
    long long last = entered.time_since_epoch().count();
    MPI_CHECK(MPI_Bcast(&last, 1, MPI_LONG_LONG, late, at.comm));
    EXPECT_TRUE(
        everywhere(left.time_since_epoch().count() >= last, "left before rank " + std::to_string(late)));
  }
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

TEST(Table, UnknownNameListsTheKnownOnes) {
  EXPECT_EQ(find_allreduce("ring").function, allreduce_ring);
  try {
    find_allreduce("rings");
    FAIL() << "there is no such allreduce";
  } catch (const Error& error) {
    EXPECT_TRUE(contains(std::string(error.what()), "rabenseifner")) << error.what();
  }
}

}  // namespace

int MPI_Win_shared_query(MPI_Win window, int rank, MPI_Aint* bytes, int* unit, void* base) {
  last_window = window;
  return PMPI_Win_shared_query(window, rank, bytes, unit, base);
}
