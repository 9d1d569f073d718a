// What chapter 05 claims of ranks that share a node: sums in two levels, a window of shared memory, and its barrier.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/two_level.h"
#include "chapters/05_collectives/two_level_halves.h"
#include "tests/begins_at_the_right.h"
#include "tests/collective_checks.h"
#include "tests/few_communicators.h"
#include "tests/mpi_expect.h"
#include "tests/several_hosts.h"

namespace {

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

// What was looked up before goes when it is looked up anew, and with its communicator.
TEST(TwoLevel, GivesItsCommunicatorsBack) {
  const Place at;
  if (at.ranks > 1) GTEST_SKIP() << "for one rank: more of them would split for long";
  const FewCommunicators few;
  for (int turn = 0; turn < few.turns; ++turn) set_ranks_per_node(at.comm, 1);
  for (int turn = 0; turn < few.turns; ++turn) {
    MPI_Comm again;
    MPI_CHECK(MPI_Comm_dup(at.comm, &again));
    set_ranks_per_node(again, 1);
    MPI_CHECK(MPI_Comm_free(&again));
  }
  set_ranks_per_node(at.comm, 0);
  EXPECT_TRUE(everywhere(check_allreduce(allreduce_two_level, at, 100, true), "there are some left"));
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
  const Split at(0, -rank_of(MPI_COMM_WORLD));  // counted backwards: not the world
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

// All on one node, and each on a node of its own: between nodes it is as inside of one.
TEST(TwoLevelHalves, BeginWithTheRightNeighbour) {
  const Place at;
  const size_t n = 1000;
  Vector data = real_numbers(at.rank, n), mine(at.blocks(n).size(at.rank));
  for (const size_t way : {0, 1}) {
    const Nodes nodes = make_nodes(some_nodes(at.ranks)[way]);
    const auto sum = [&] { reduce_scatter_two_level(mine.data(), data.data(), n, nodes, at.comm); };
    const auto gather = [&] { allgather_two_level(data.data(), mine.data(), n, nodes, at.comm); };
    EXPECT_TRUE(everywhere(begins_at_the_right(at.rank, at.ranks, sum), "a sum"));
    EXPECT_TRUE(everywhere(begins_at_the_right(at.rank, at.ranks, gather), "a gathering"));
  }
  const auto blocks_of_a_sum = [&] { reduce_scatter_rank_order(mine.data(), data.data(), n, at.comm); };
  EXPECT_TRUE(everywhere(begins_at_the_right(at.rank, at.ranks, blocks_of_a_sum), "a sum in one level"));
}

// What is passed on of the first comes behind what the second one begins with, and must not be taken for it.
TEST(TwoLevelHalves, TwoGatheringsMayBeUnderWay) {
  const Place at;
  const size_t n = 1000;
  for (const std::vector<int>& names : some_nodes(at.ranks)) {
    const Nodes nodes = make_nodes(names);
    const Vector expected[] = {real_numbers(100, n), real_numbers(101, n)};
    Vector all[] = {Vector(n), Vector(n)};
    TwoLevelGather gathers[2];
    for (const size_t i : {0, 1})
      begin_allgather_two_level(all[i].data(), expected[i].data() + at.blocks(n).begin(at.rank), n, nodes, at.comm, gathers[i]);
    for (const size_t i : {0, 1}) end_allgather_two_level(all[i].data(), n, nodes, at.comm, gathers[i]);
    EXPECT_TRUE(everywhere(same_bits(all[0], expected[0]) && same_bits(all[1], expected[1]), "nodes " + testing::PrintToString(names)));
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
  if (at.ranks > 1) return;
  const FewCommunicators few;
  for (int turn = 0; turn < few.turns; ++turn) EXPECT_EQ(nodes_of(at.comm).ranks, nodes.ranks);
  MPI_CHECK(MPI_Comm_free(&host));
}

// Where MPI says that there are several: hosts of one rank, of two, and of all but one.
TEST(SeveralHosts, AreFoundAndAddTheirSumsFirst) {
  const Place at;
  const size_t n = 500;
  for (const int of_host : {1, 2, std::max(at.ranks - 1, 1)}) {
    const HostsOf hosts(of_host);
    if (!HostsOf::are_told()) GTEST_SKIP() << "skipped: no guard that MPI is asked through";
    std::vector<int> names;
    for (int r = 0; r < at.ranks; ++r) names.push_back(r / of_host);
    EXPECT_TRUE(everywhere(nodes_of(at.comm).node_of == names, "hosts of " + std::to_string(of_host)));
    const Split back(0, -at.rank);  // counted backwards
    const std::vector<int> names_back(names.rbegin(), names.rend());
    EXPECT_TRUE(everywhere(nodes_of(back.comm).ranks == make_nodes(names_back).ranks, "backwards, hosts of " + std::to_string(of_host)));
    const Split again(0, at.rank);  // whose hosts nobody has asked for
    const Vector sum = allreduced(allreduce_two_level, real_numbers(at.rank, n), again.comm);
    EXPECT_TRUE(everywhere(same_bits(sum, sum_by_nodes(names, n)), "not the sum of the hosts' sums"));
    const std::string error = error_of([&] { require_one_node(at.comm, "this"); });
    const bool apart = of_host < at.ranks;
    EXPECT_TRUE(everywhere(error == (apart ? "this: the ranks of this communicator do not share memory (several nodes?)" : ""), error));
  }
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

// From the end of a rank's segment to the next one is a page at least, and each begins where the first one does in its page.
TEST_F(SharedWindowTest, NoTwoRanksShareAPage) {
  if (at.ranks == 1) GTEST_SKIP() << "one rank has nobody to share with";
  constexpr std::ptrdiff_t page = 4096 / sizeof(float);
  for (int rank = 1; rank < at.ranks; ++rank) {
    EXPECT_GE(window->of(rank) - window->of(rank - 1), std::ptrdiff_t(n) + page);
    EXPECT_EQ((window->of(rank) - window->of(0)) % page, 0);
  }
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
  const Split again(0, at.rank);  // the same ranks, but another communicator
  const std::string error = error_of([&] { allreduce_shared_window(window->mine(), window->mine(), 10, again.comm); });
  EXPECT_TRUE(everywhere(error.ends_with("a SharedWindow of this communicator, in place"), error));
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

}  // namespace

int MPI_Win_shared_query(MPI_Win window, int rank, MPI_Aint* bytes, int* unit, void* base) {
  last_window = window;
  return PMPI_Win_shared_query(window, rank, bytes, unit, base);
}
