// Corners of chapter 13: where the simulated MPI changes its algorithm, what it does not simulate, what is too large, too small or exactly
// as large as it may be, and what stands in timelines, cluster files and the last lines of a run.
#include <gtest/gtest.h>
#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/13_scaling/many_rings.h"
#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/product_time.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "chapters/13_scaling/simulated_training.h"
#include "chapters/13_scaling/step_time.h"
#include "tests/13_simulated_ranks.h"
#include "tests/data_sets.h"

using namespace simulated_ranks;

namespace {

std::string temporary(const std::string& name) { return testing::TempDir() + "corners_" + std::to_string(getpid()) + name; }

int rounds_of(int p) {
  int rounds = 0;
  while (1 << rounds < p) ++rounds;
  return rounds;
}

}  // namespace

// ---- Algorithms: each way has its own number of messages ----

// A byte below a limit, at it and beyond it; 7 ranks and 8. The tree of a broadcast has an edge for each rank but one, a ring p - 1 messages
// of each; doubling and Bruck lg p of each, rounded up.
TEST(Algorithms, ChangeWhereMpichChangesThem) {
  std::vector<char> memory(2 << 20);
  for (const int p : {2, 3, 4, 5, 7, 8, 9, 12, 16}) {
    const auto messages = [&](auto call) { return int(simulate(flat(), p, [&] { MPI_CHECK(call()); }).sum().messages); };
    const bool power = (p & (p - 1)) == 0;
    for (const int bytes : {12 * 1024 - 1, 12 * 1024, 12 * 1024 + 1})
      EXPECT_EQ(messages([&] { return MPI_Bcast(memory.data(), bytes, MPI_CHAR, p - 1, MPI_COMM_WORLD); }),
                p - 1 + (bytes >= 12 * 1024 && p >= 8 ? p * (p - 1) : 0)) << p << " ranks, " << bytes << " bytes";

    const int limit = power ? 512 * 1024 : 80 * 1024, at_least = (limit + p - 1) / p;  // of all blocks together
    for (const int each : {at_least - 1, at_least})
      EXPECT_EQ(messages([&] { return MPI_Allgather(MPI_IN_PLACE, each, MPI_CHAR, memory.data(), each, MPI_CHAR, MPI_COMM_WORLD); }),
                each == at_least ? p * (p - 1) : p * rounds_of(p)) << p << " ranks, " << each << " bytes each";

    const int survivors = 1 << (power ? rounds_of(p) : rounds_of(p) - 1);
    for (const int floats : {511, 512, 513})
      EXPECT_EQ(messages([&] { return MPI_Allreduce(MPI_IN_PLACE, memory.data(), floats, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); }),
                2 * (p - survivors) + survivors * rounds_of(survivors) * (floats > 512 ? 2 : 1)) << p << " ranks, " << floats << " floats";
  }
  // Rabenseifner needs a number for each rank: 257 doubles are longer than 2 KiB, but too few for 512 ranks.
  for (const int doubles : {257, 511, 512})
    EXPECT_EQ(simulate(flat(), 512, [&] { MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, memory.data(), doubles, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD)); }).sum().messages,
              size_t(512 * 9 * (doubles < 512 ? 1 : 2))) << doubles;
}

// ---- What is not simulated is said ----

TEST(Mistakes, OfCallsThatAreNotSimulated) {
  int x = 0, flag = 0;
  std::pair<float, int> place, places;
  void* memory = nullptr;
  MPI_Request request;
  MPI_Win window = MPI_WIN_NULL;
  MPI_Aint bytes = 0;
  const std::string any = "receives from any source or with any tag are not simulated", windows = "memory that ranks share (windows) is not simulated",
                    sums = "only sums, maxima and minima of numbers are simulated";
  const auto add = [&](MPI_Datatype type, MPI_Op op) { return MPI_Allreduce(&place, &places, 1, type, op, MPI_COMM_WORLD); };
  const struct {
    std::function<int()> call;
    std::string words;
  } cases[] = {
      {[&] { return MPI_Recv(&x, 1, MPI_INT, 1 - rank(), MPI_ANY_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE); }, any},
      {[&] { return MPI_Irecv(&x, 1, MPI_INT, MPI_ANY_SOURCE, 3, MPI_COMM_WORLD, &request); }, any},
      {[&] { return MPI_Iprobe(1 - rank(), 0, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE); }, "MPI_Iprobe is not simulated"},
      {[&] { return MPI_Win_allocate_shared(8, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window); }, windows},
      {[&] { return MPI_Win_set_errhandler(window, MPI_ERRORS_RETURN); }, windows},
      {[&] { return MPI_Win_shared_query(window, 0, &bytes, &flag, &memory); }, windows},
      {[&] { return MPI_Win_lock_all(0, window); }, windows},
      {[&] { return MPI_Win_unlock_all(window); }, windows},
      {[&] { return MPI_Win_sync(window); }, windows},
      {[&] { return MPI_Win_free(&window); }, windows},
      {[&] { return MPI_Send(&x, -1, MPI_INT, 1 - rank(), 0, MPI_COMM_WORLD); }, "a count of -1"},
      {[&] { return add(MPI_INT, MPI_PROD); }, sums},
      {[&] { return add(MPI_INT, MPI_MAXLOC); }, sums},
      {[&] { return add(MPI_FLOAT_INT, MPI_SUM); }, sums},
      {[&] { return add(MPI_CHAR, MPI_MAX); }, sums},
      {[&] { return add(MPI_BYTE, MPI_SUM); }, sums},
  };
  for (const auto& c : cases) EXPECT_EQ(error_of([&] { simulate(flat(), 2, [&] { c.call(); }); }), "simulated MPI: " + c.words);

  EXPECT_EQ(error_of([] { simulate(flat(), 1, [] { simulate(flat(), 1, [] {}); }); }), "simulate: one simulation at a time");
  EXPECT_EQ(error_of([] { simulate(flat(), 1, [] {}); }), "no error") << "the one before has left nothing";
}

// Up to four of those that wait are named.
TEST(Mistakes, ThatManyRanksMake) {
  for (const int p : {2, 4, 5, 6}) {
    const std::string text = error_of([&] { simulate(flat(), p, [&] { receive_bytes(8, (rank() + 1) % p, 7); }); });
    for (int r = 0; r < p; ++r)
      EXPECT_EQ(text.find("\n  rank " + std::to_string(r) + " waits for a message from rank " + std::to_string((r + 1) % p) + ", tag 7") != std::string::npos, r < 4);
    EXPECT_EQ(text.ends_with("\n  and " + std::to_string(p - 4) + " more"), p > 4) << text;
    EXPECT_EQ(text.find(" more") != std::string::npos, p > 4) << text;
  }
}

// ---- Communicators ----

// Rank 0 has no part in the first split, and its part in the second one; a copy is a communicator of its own.
TEST(Communicators, OfRanksThatStayOutside) {
  simulate(flat(), 4, [] {
    MPI_Comm first, second, third;
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() == 0 ? MPI_UNDEFINED : 1, rank(), &first));
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 1, -rank(), &second));
    MPI_CHECK(MPI_Comm_dup(second, &third));
    EXPECT_EQ(first == MPI_COMM_NULL, rank() == 0);
    EXPECT_TRUE(rank() == 0 || (ranks_of(first) == 3 && rank_of(first) == rank() - 1));
    EXPECT_TRUE(ranks_of(second) == 4 && rank_of(second) == 3 - rank());
    EXPECT_TRUE(ranks_of(third) == 4 && rank_of(third) == 3 - rank());
    EXPECT_TRUE(second != first && third != second);
    MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED + 1, 0, MPI_INFO_NULL, &first));
    EXPECT_TRUE(first == MPI_COMM_NULL) << "a type that is not known";
  });
  const std::string text = error_of([] {
    simulate(flat(), 2, [] {
      MPI_Comm part;
      MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank(), 0, &part));
      MPI_CHECK(MPI_Comm_set_name(part, rank() == 0 ? "left" : "right"));
      MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
      if (rank() == 0) rank_of(part == 1 ? 2 : 1);
    });
  });
  EXPECT_EQ(text, "rank 0 is not in communicator 'right'");
  const std::string of_a_part = error_of([] {
    simulate(flat(), 2, [] {
      MPI_Comm part;
      MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &part));
      if (rank() == 0) MPI_CHECK(MPI_Barrier(part));
    });
  });
  EXPECT_EQ(of_a_part, "deadlock: every rank has ended or waits\n  rank 0 waits for MPI_Barrier of 'a part of MPI_COMM_WORLD'");
}

// What hangs on a communicator that nobody frees is forgotten at the end, for each rank once: also after an error.
TEST(Communicators, ForgetWhatHangsOnThemAtTheEnd) {
  static std::multiset<int> forgotten;
  for (const bool fails : {false, true})
    for (const int p : {1, 3, 5}) {
      forgotten.clear();
      const std::string text = error_of([&] {
        simulate(flat(), p, [&] {
          static const int key = [] {
            int made;
            const auto forget = [](MPI_Comm, int, void* value, void*) { return forgotten.insert(*static_cast<int*>(value)), delete static_cast<int*>(value), 0; };
            return MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &made, nullptr)), made;
          }();
          MPI_Comm copy;
          MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &copy));
          MPI_CHECK(MPI_Comm_set_attr(MPI_COMM_WORLD, key, new int(rank())));
          MPI_CHECK(MPI_Comm_set_attr(copy, key, new int(100 + rank())));
          MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
          EXPECT_TRUE(forgotten.empty());
          if (fails && rank() == p - 1) throw Error("an end");
        });
      });
      EXPECT_EQ(text, fails ? "an end" : "no error");
      std::multiset<int> expected;
      for (int r = 0; r < p; ++r) expected.insert(r), expected.insert(100 + r);
      EXPECT_EQ(forgotten, expected) << p;
    }
}

// ---- Clocks ----

// A question that is answered with no costs a tenth of a microsecond, the last one nothing.
TEST(Clocks, AQuestionHasItsPrice) {
  simulate(flat(), 2, [] {
    if (rank() == 1) return send_bytes(8, 0);
    char data[8];
    int asked = 0;
    MPI_Request request;
    MPI_CHECK(MPI_Irecv(data, 8, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request));
    for (int done = 0; !done; ++asked) MPI_CHECK(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
    EXPECT_NEAR(virtual_time(), 1e-7 * (asked - 1), 1e-10);
    EXPECT_NEAR(virtual_time(), alpha + 8 * beta, 1.1e-7);
  });
}

// ---- Stacks ----

namespace {
struct Mapping {
  unsigned long begin, end;
  std::string rights;
};
std::vector<Mapping> mappings() {
  std::ifstream in("/proc/self/maps");
  std::vector<Mapping> all;
  for (std::string line; std::getline(in, line);) {
    Mapping m{0, 0, ""};
    char rights[5];
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &m.begin, &m.end, rights) == 3) m.rights = rights, all.push_back(m);
  }
  return all;
}
}  // namespace

// A stack that is too small ends at a page of its own that nobody may touch, and not in the memory of another rank. In the end all are given back.
TEST(Stacks, AreApartAndGivenBack) {
  if (mappings().empty()) GTEST_SKIP() << "skipped: no /proc here";
  std::set<unsigned long> ends;  // of the pages below
  simulate(flat(), 5, [&] {
    const auto here = reinterpret_cast<unsigned long>(__builtin_frame_address(0));
    unsigned long begin = 0;
    for (const Mapping& m : mappings())
      if (m.begin <= here && here < m.end) begin = m.begin;
    for (const Mapping& m : mappings())
      if (m.end == begin && m.rights == "---p") ends.insert(m.end);
  });
  EXPECT_EQ(ends.size(), 5u);
  const size_t before = mappings().size();
  for (int i = 0; i < 20; ++i) simulate(flat(), 50, [] {});
  EXPECT_LT(mappings().size(), before + 100);
}

// Of 40 stacks, 20 MB of addresses, the system gives some and then none: that is said, and those that were given come back.
TEST(Stacks, ThatTheSystemDoesNotGiveAreNotUsed) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "skipped: a sanitizer needs addresses of its own";
#endif
  unsigned long used = 0;
  for (const Mapping& m : mappings()) used += m.end - m.begin;
  if (used == 0) GTEST_SKIP() << "skipped: no /proc here";
  rlimit usual;
  getrlimit(RLIMIT_AS, &usual);
  const rlimit little{used + 8'000'000, usual.rlim_max};
  bool refused = false;
  const size_t before = mappings().size();
  setrlimit(RLIMIT_AS, &little);
  try {
    simulate(flat(), 40, [] {});
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  setrlimit(RLIMIT_AS, &usual);
  EXPECT_TRUE(refused);
  EXPECT_LT(mappings().size(), before + 10);
  EXPECT_EQ(error_of([] { simulate(flat(), 40, [] {}); }), "no error");
}

// ---- The timeline ----

// Every call that takes time, under its name and kind, with its bytes and the other rank's number in the world. One that takes none is not there.
TEST(Timeline, NamesEveryCall) {
  const std::string file = temporary(".json");
  simulate(flat(), 3, [] {
    char data[64] = {};
    float sums[5] = {}, totals[5];
    int all[6], done = 0;
    MPI_Request r[2];
    MPI_Comm back;  // rank 2 of the world is 0 there
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -rank(), &back));
    const auto send = [&](int n, int to, int tag) { MPI_CHECK(MPI_Send(data, n, MPI_CHAR, to, tag, back)); };
    const auto receive = [&](int n, int from, int tag) { MPI_CHECK(MPI_Recv(data, n, MPI_CHAR, from, tag, back, MPI_STATUS_IGNORE)); };
    if (rank() == 0) {
      send(12, 0, 1), receive(5, 0, 1);
      MPI_CHECK(MPI_Sendrecv(data, 3, MPI_INT, 0, 2, data + 32, 2, MPI_INT, 0, 2, back, MPI_STATUS_IGNORE));
      MPI_CHECK(MPI_Isend(data, 7, MPI_CHAR, 0, 3, back, &r[0]));
      MPI_CHECK(MPI_Wait(&r[0], MPI_STATUS_IGNORE));
      for (int i = 0; i < 2; ++i) MPI_CHECK(MPI_Irecv(data + 16 * i, 9, MPI_CHAR, 0, 4 + i, back, &r[i]));
      MPI_CHECK(MPI_Test(&r[0], &done, MPI_STATUS_IGNORE));
      MPI_CHECK(MPI_Testall(2, r, &done, MPI_STATUSES_IGNORE));
      MPI_CHECK(MPI_Waitall(2, r, MPI_STATUSES_IGNORE));
    }
    if (rank() == 2) {
      receive(12, 2, 1), send(5, 2, 1);
      MPI_CHECK(MPI_Sendrecv(data, 2, MPI_INT, 2, 2, data + 32, 3, MPI_INT, 2, 2, back, MPI_STATUS_IGNORE));
      receive(7, 2, 3), compute(1), send(9, 2, 4), send(9, 2, 5);
    }
    MPI_CHECK(MPI_Barrier(back));
    MPI_CHECK(MPI_Bcast(data, 7, MPI_CHAR, 1, back));
    MPI_CHECK(MPI_Allgather(sums, 2, MPI_INT, all, 2, MPI_INT, back));
    MPI_CHECK(MPI_Allreduce(sums, totals, 5, MPI_FLOAT, MPI_SUM, back));
  }, file);
  std::ifstream in(file);
  std::string found;
  for (std::string line; std::getline(in, line);) {
    if (line.find("\"ph\":\"X\",\"pid\":0,\"tid\":0,") == std::string::npos) continue;
    const size_t kind = line.find("\",\"cat\":\"") + 9, args = line.find("\"args\":{") + 8;
    found += line.substr(9, kind - 18) + " " + line.substr(kind, line.find('"', kind) - kind) + " " + line.substr(args, line.find('}') - args) + "\n";
  }
  std::filesystem::remove(file);
  EXPECT_EQ(found, "MPI_Comm_split collective \nMPI_Send send \"bytes\":12,\"peer\":2\nMPI_Recv receive \"bytes\":5,\"peer\":2\n"
                   "MPI_Sendrecv exchange \"bytes\":12,\"peer\":2\nMPI_Isend send \"bytes\":7,\"peer\":2\nMPI_Wait wait \nMPI_Test wait \n"
                   "MPI_Testall wait \nMPI_Waitall wait \nMPI_Barrier collective \nMPI_Bcast collective \"bytes\":7\n"
                   "MPI_Allgather collective \"bytes\":8\nMPI_Allreduce collective \"bytes\":20\n");
}

// ---- Exactly as much as there is, and one more ----

TEST(Device, MayUseAllOfItsMemory) {
  Cluster c = flat();
  c.memory = 1e6;
  const auto allocates = [&](size_t more) {
    return error_of([&] {
      simulate(c, 1, [&] {
        ModelledDevice device(c, Contents::none);
        const Buffer<> most(device, 200'000, Purpose::parameters), rest(device, 50'000 + more, Purpose::gradients);
      });
    });
  };
  EXPECT_EQ(allocates(0), "no error");
  for (const size_t more : {1, 3'000'000})  // what it has, not what it needs
    EXPECT_EQ(allocates(more), "a rank needs more than the 1 MB that it has");
  // Memory for every purpose counts, and what is given back does not.
  for (int p = 0; p < purposes; ++p)
    simulate(c, 1, [&] {
      ModelledDevice device(c, Contents::none);
      { const Buffer<> gone(device, 250'000, Purpose(p)); }
      const Buffer<> most(device, 200'000, Purpose(p)), rest(device, 50'000, Purpose::gradients);
      EXPECT_NE(error_of([&] { const Buffer<> one_more(device, 1, Purpose::gradients); }), "no error") << name_of(Purpose(p));
    });
}

TEST(GridSearch, TakesWhatFitsExactly) {
  Cluster c = nodes_of(1, 1);
  const HybridSettings s{.sizes = {8, 6, 6}, .batch = 4, .allreduce = "mpi", .optimizer = {}};
  const size_t needs = largest_footprint(s, {1, 1, 1}).sum();
  for (const size_t missing : {size_t{0}, size_t{1}}) {
    c.memory = double(needs - missing);
    const GridSearch search = search_grids(c, s, 1);
    EXPECT_EQ(search.grids.size(), 1 - missing);
    EXPECT_EQ(search.too_large, int(missing));
  }
}

// Where messages and launches cost nothing, each micro-batch more makes a pipeline faster. Tried are 1, 2, 4, ... for each data rank, up to
// four times the stages, and no more than rows.
TEST(GridSearch, TriesNoMoreMicroBatchesThanChapter10) {
  Cluster c = nodes_of(1, 1);
  c.inside = c.between = {.latency = 0, .overhead = 0, .rendezvous = 0, .bytes_per_second = 1e300};
  c.operations_per_second = 1e9;
  const struct {
    int ranks, layers;
    GridShape shape;
    size_t batch;
    int micro_batches;
  } cases[] = {{2, 2, {1, 2, 1}, 64, 8},  {2, 2, {1, 2, 1}, 8, 8},   {2, 2, {1, 2, 1}, 7, 4}, {3, 3, {1, 3, 1}, 64, 8},
               {4, 2, {2, 2, 1}, 64, 16}, {4, 2, {2, 2, 1}, 16, 16}, {4, 2, {2, 2, 1}, 15, 8}, {2, 2, {2, 1, 1}, 64, 2}};
  for (const auto& t : cases) {
    const HybridSettings s{.sizes = std::vector<int>(size_t(t.layers) + 1, 32), .batch = t.batch, .allreduce = "mpi", .optimizer = {}};
    int found = 0;
    for (const StepTime& grid : search_grids(c, s, t.ranks).grids)
      if (grid.shape == t.shape) found = grid.micro_batches;
    EXPECT_EQ(found, t.micro_batches) << to_string(t.shape) << ", " << t.batch << " rows";
  }
}

// MPI counts to INT_MAX. What is longer is said in one line; memory without contents is large enough to try it.
TEST(Sizes, BeyondMpisCountsAreRefused) {
  const Cluster c = flat();
  const auto step = [&](std::vector<int> sizes, size_t batch, const GridShape& shape) {
    return error_of([&] { simulate_step(c, {.sizes = sizes, .batch = batch, .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}}, shape, {.steps = 1, .trace = {}}); });
  };
  EXPECT_EQ(step({8, 1 << 16, 8}, 1 << 15, {1, 2, 1}), "pipeline: a message of 2147483648 floats, choose more --micro-batches");
  EXPECT_EQ(step({8, 1 << 16, 8}, (1 << 15) - 1, {1, 2, 1}), "no error");
  EXPECT_EQ(step({1 << 16, 1 << 15, 8}, 2, {2, 1, 1}), "a layer of 2147516416 parameters is too long for MPI");
  EXPECT_EQ(step({(1 << 16) - 2, 1 << 15, 8}, 2, {2, 1, 1}), "no error");
  Cluster two = flat();
  two.ranks_per_node = two.cards_per_node = 2;
  EXPECT_EQ(error_of([&] { seconds_of_rings(two, 2, 1, 2.0 * INT_MAX); }), "no error");
  EXPECT_EQ(error_of([&] { seconds_of_rings(two, 2, 1, 2.0 * (double(INT_MAX) + 1)); }), "a block of 2147483648.000000 bytes is too long for MPI");
}

// ---- Products ----

// Two that were measured differ in one size alone: that size decides.
TEST(Products, AreNearestInEachOfTheirSizes) {
  for (int which = 0; which < 3; ++which) {
    double sizes[3] = {64, 64, 64};
    sizes[which] = 1024;
    Cluster c = flat();
    c.products = {{64, 64, 64, 1}, {sizes[0], sizes[1], sizes[2], 400}};
    int near[3] = {64, 64, 64}, far[3] = {64, 64, 64};
    near[which] = 128, far[which] = 512;
    EXPECT_DOUBLE_EQ(product_seconds(c, near[0], near[1], near[2]), 2) << which;
    EXPECT_DOUBLE_EQ(product_seconds(c, far[0], far[1], far[2]), 200) << which;
  }
  // Tiles of 3 x 5, two at a time. Measured: 3 x 3 tiles for 7 x 11, five times two with 13 terms; asked: 2 x 2 tiles for 6 x 9, twice two with 4.
  Cluster c = flat();
  c.tile_rows = 3, c.tile_columns = 5, c.multiprocessors = 2;
  c.products = {{7, 11, 13, 65}};
  EXPECT_DOUBLE_EQ(product_seconds(c, 6, 9, 4), 8);
}

// ---- Descriptions of clusters ----

namespace {
Cluster described(const std::string& line) {
  const std::string file = temporary(".txt");
  std::ofstream(file) << "# x\nranks-per-node 8\ncards-per-node 1\neager-kib 1\ninside-latency-us 1\ninside-overhead-us 1\ninside-rendezvous-us 1\n"
                         "inside-gbyte-per-second 1\nbetween-latency-us 1\nbetween-overhead-us 1\nbetween-rendezvous-us 1\nbetween-gbyte-per-second 1\n"
                         "tflop-per-second 1\nmemory-gbyte-per-second 1\nmemory-gbyte 1\nlaunch-us 1\n"
                      << line << "\n";
  const Cluster c = load_cluster(file);
  std::filesystem::remove(file);
  return c;
}
}  // namespace

// What need not be there, alone: it is set and nothing else is.
TEST(Clusters, ReadEachChoiceAlone) {
  using Choices = std::vector<double>;
  const auto choices = [](const Cluster& c) {
    return Choices{double(c.progress_alone), double(c.fifo_ports), double(c.max_min), double(c.rails), double(c.round_robin), c.noise, c.rank_spread, c.seed,
                   double(c.nodes_per_rack), double(c.ranks_per_island), c.oversubscription, c.inside.gap, c.between.gap, double(c.one_connection),
                   c.island_bytes_per_second, double(c.multiprocessors), double(c.tile_rows), double(c.tile_columns), c.staging_bytes_per_second, c.host_bytes_per_second};
  };
  const Choices usual = {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1e9, 1, 1, 1, 0, 0};
  EXPECT_EQ(choices(described("")), usual);
  const struct {
    const char* line;
    size_t place;
    double value;
  } lines[] = {{"progress-alone 1", 0, 1}, {"fifo-ports 2", 1, 1}, {"max-min 1", 2, 1}, {"rails 1", 3, 1}, {"noise 0.25", 5, 0.25}, {"rank-spread 0.5", 6, 0.5},
               {"seed 7", 7, 7}, {"nodes-per-rack 3", 8, 3}, {"ranks-per-island 4", 9, 4}, {"oversubscription 6", 10, 6}, {"inside-gap-us 2e6", 11, 2},
               {"between-gap-us 3e6", 12, 3}, {"progress-alone 0", 0, 0}, {"one-connection 1", 13, 1}, {"island-gbyte-per-second 2", 14, 2e9},
               {"multiprocessors 9", 15, 9}, {"tile-rows 10", 16, 10}, {"tile-columns 11", 17, 11}};
  for (const auto& [line, place, value] : lines) {
    Choices expected = usual;
    expected[place] = value;
    EXPECT_EQ(choices(described(line)), expected) << line;
  }
  for (const std::string name : {"noise", "rank-spread", "seed"})
    EXPECT_TRUE(error_of([&] { described(name + " -0.1"); }).ends_with(": " + name + " is too small: the least is 0"));
  EXPECT_EQ(described("nodes-per-rack 1e18").nodes_per_rack, 1'000'000);  // more would not fit into a number of ranks
}

// ---- What a training run says in the end ----

TEST(Train, TellsWhatFollowsFromItsTimes) {
  SimulatedTraining o;
  o.cluster = "ethernet";
  o.hidden = {20};
  o.batch = 24, o.epochs = 2, o.micro_batches = 3;
  o.grid = {3, 1, 1};
  o.seconds = 5;
  const Dataset train = data_sets::tiny_data(100);  // five steps an epoch, the last one of four rows
  const Simulated s{.seconds = 7, .work = {}, .ranks = {{4, 1, 3, 10, 2e6}, {5, 2, 3, 20, 3e6}, {7, 3, 4, 12, 0.5e6}}};
  testing::internal::CaptureStdout();
  EXPECT_EQ(o.tell(s, train, {}), 0);
  const std::string said = testing::internal::GetCapturedStdout();
  const Cluster c = load_cluster("ethernet");
  const double one = simulate_step(c, {.sizes = {4, 20, 3}, .batch = 24, .micro_batches = 1, .allreduce = "mpi", .optimizer = {}}, {1, 1, 1}).seconds;
  char expected[600];
  std::snprintf(expected, sizeof expected,
                "simulated: 3 ranks on %d node%s of: %s\n  500 ms a step, 40 samples/s; one rank %.4g ms; speedup %.2f, efficiency %.1f %%\n"
                "  with evaluation 7 s, of which ranks compute 37.5 %%; 42 messages, 5.5 MB\n"
                "distance to the serial run: not measured (--compare-with-serial does)\n",
                (3 + c.ranks_per_node - 1) / c.ranks_per_node, c.ranks_per_node >= 3 ? "" : "s", c.title.c_str(), 1000 * one, one / 0.5, 100 * one / 0.5 / 3);
  EXPECT_EQ(said, expected);
}

// As many micro-batches as replicas, if nothing is said; a file that cannot be written is noticed before the training.
TEST(Train, CompletesItsChoices) {
  Dataset train = data_sets::tiny_data(100);
  for (const int64_t said : {0, 7}) {
    SimulatedTraining o;
    o.batch = 24, o.replicas = 5, o.pipeline = 2, o.tensor = 3, o.micro_batches = said;
    o.apply(train);
    EXPECT_EQ(o.micro_batches, said == 0 ? 5 : 7);
    EXPECT_EQ(o.grid, (GridShape{5, 2, 3}));
    EXPECT_EQ(o.settings(train).micro_batches, int(o.micro_batches));
  }
  SimulatedTraining o;
  o.trace = "/no/such/folder/t.json";
  EXPECT_EQ(error_of([&] { o.apply(train); }), "/no/such/folder/t.json: cannot be written");
}
