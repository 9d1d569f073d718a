// Device::meanwhile: while a CPU multiplies, messages that are under way move on; in chapters 06 (--overlap) and 07 (--prefetch).
// ranks: 1 2 3 5
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "tests/error_of.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

// How often the products call it: once for each panel of columns of the result.
TEST(Meanwhile, IsCalledAfterEachPanelOfColumns) {
  const int width = matmul_shape().tile_columns, in = 2 * width + 3, out = 3 * width, rows = 7;
  CpuDevice device, other;
  const Buffer memory(device, size_t(3 * (rows * in + in * out + rows * out)), Purpose::workspace);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = float(i % 11) - 5;
  float *x = memory, *w = x + rows * in, *y = w + in * out, *result = y + rows * out;
  int calls = 0;
  const auto called_by = [&](auto product, size_t n) {
    std::vector<float> quiet(n);
    product(other), std::copy_n(result, n, quiet.begin());
    calls = 0, device.meanwhile = [&] { ++calls; };
    product(device);
    EXPECT_TRUE(std::equal(quiet.begin(), quiet.end(), result));
    device.meanwhile = {};
    const int counted = calls;
    product(device);
    EXPECT_EQ(calls, counted);
    return counted;
  };
  EXPECT_EQ(called_by([&](Device& d) { d.linear_forward(result, x, w, nullptr, Activation::relu, rows, in, out); }, size_t(rows * out)), 3);
  EXPECT_EQ(called_by([&](Device& d) { d.linear_backward_weights(result, x, y, Write::overwrite, rows, in, out); }, size_t(in * out)), 3);
  EXPECT_EQ(called_by([&](Device& d) { d.linear_backward_input(result, y, w, Write::overwrite, rows, in, out); }, size_t(rows * in)), 3);
}

// A message that is too long to leave at once arrives though nobody waits for it.
TEST(Meanwhile, ProgressBringsALongMessageToItsEnd) {
  const size_t n = size_t{1} << 20;
  const std::vector<float> mine(n, float(rank()));
  std::vector<float> left(n, -1);
  Pending messages;
  EXPECT_ON_ALL_RANKS(messages.progress());
  messages.receive(left.data(), n, (rank() + ranks() - 1) % ranks(), MPI_COMM_WORLD);
  messages.send(mine.data(), n, (rank() + 1) % ranks(), MPI_COMM_WORLD);
  while (!messages.progress()) {}
  EXPECT_ON_ALL_RANKS(left == std::vector<float>(n, float((rank() + ranks() - 1) % ranks())));
}

// A product in which all ranks are at a time, and which takes so long that every message under way arrives, if somebody looks after it.
struct SlowDevice : CpuDevice {
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override {
    products += meanwhile ? 'm' : '-';
    if (fails) throw Error("a product fails");
    for (int round = 0; meanwhile && round < 30; ++round) {
      for (int look = 0; look < 300; ++look) meanwhile();
      MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    }
    if (after_messages) after_messages();
    CpuDevice::matmul(c, a, b, m, n, k, finish);
  }
  std::function<void()> after_messages;
  bool fails = false;
  std::string products;  // one letter each: whether something was under way
};

// How many requests each MPI_Waitall found still open; those that had none at all are left out.
std::vector<int> waited_for(auto work) {
  std::vector<int> open;
  record([&] {
    work();
    for (const guard::Event& event : guard::recorded_trace().events)
      if (!event.region && event.call.op == guard::Op::waitall && event.call.request_count > 0) open.push_back(event.call.request_count);
  });
  return open;
}

// Pieces of 64 KiB of 3,110 + 90,210 + 87,290 gradients, the last first. Five lie behind layer 0 and leave when layer 1 is through: their
// sums are there before layer 0 is computed.
TEST(Meanwhile, ThePiecesOfTheLayersBehindArrive) {
  const Dataset data = random_dataset(300, 20);
  const Layout layout = make_layout({300, 290, 310, 10});
  SlowDevice device;
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  DataParallelOptions o(ranks());
  o.batch = 20, o.overlap = true, o.bucket_kib = 64;
  const Space space{.rows = 20};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  const std::unique_ptr<Exchange> exchange = make_exchange(o, data.count, mlp, head, gradients);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  const size_t pieces_begin = layout.count - 5 * 64 * 256;
  std::vector<float> sums;
  device.after_messages = [&] { sums.assign(gradients + pieces_begin, gradients + layout.count); };  // the last product's stay
  for (int step = 0; step < 2; ++step) {
    device.products.clear();
    const Range rows = exchange->begin({0, 20}, 0);
    load_images(mlp, data, order, rows);
    head.load_labels(data, order, rows);
    mlp.forward(int(rows.size()));
    head.backward(mlp, 20);
    mlp.backward(Write::overwrite);
    exchange->finish(head.loss(mlp, 20));
    EXPECT_ON_ALL_RANKS(device.products == "-----mmm") << device.products;  // three forward, dx and dw of 2, of 1, dw of 0
    EXPECT_ON_ALL_RANKS(std::equal(sums.begin(), sums.end(), gradients + pieces_begin));
    EXPECT_ON_ALL_RANKS(!device.meanwhile);
  }
}

// Floats in 16 bits, rounded towards zero.
const MessageFormat high_halves = {
    [](uint16_t* to, const float* from, size_t n) {
      for (size_t i = 0; i < n; ++i) to[i] = uint16_t(std::bit_cast<uint32_t>(from[i]) >> 16);
    },
    [](float* to, const uint16_t* from, size_t n) {
      for (size_t i = 0; i < n; ++i) to[i] = std::bit_cast<float>(uint32_t(from[i]) << 16);
    }};

// As floats, and as numbers of 16 bits; inside a node, and between nodes of one rank each.
TEST(Meanwhile, TheNextWeightsArrive) {
  if (ranks() == 1 || !calls_can_be_recorded()) GTEST_SKIP() << "skipped: one rank gathers nothing, and without the guard no call is recorded";
  const Dataset data = random_dataset(300, 20);
  OptimizerOptions sgd;
  const int both = 2 * (ranks() - 1);  // a unit's messages: one to each of the others, and one from each
  std::vector<int> nodes(size_t(ranks()), 0);
  for (int r = 0; r < ranks(); ++r) nodes[size_t(r)] = r;
  for (const auto& [prefetch, format, two_level] : {std::tuple{false, false, false}, {true, false, false}, {true, true, false},
                                                    {true, false, true}, {true, true, true}}) {
    SlowDevice device;
    ZeroOptions options{.level = 3, .micro_batches = ranks(), .prefetch = prefetch, .two_level = two_level, .nodes = nodes};
    if (format) options.format = high_halves;
    ShardedRun run(device, data, {300, 290, 310, 10}, 20, sgd, options, MPI_COMM_WORLD);
    const std::vector<int> open = waited_for([&] { run.step({0, 20}); });
    // Forward: 0, 1, 2. Backward: dx and dw of 2, of 1; dw of 0, for which no weights are gathered.
    EXPECT_ON_ALL_RANKS(device.products == (prefetch ? "mm-mm---" : "--------")) << device.products;
    // Of the gatherings only the first of each pass is waited for. The rest: gradients of each layer.
    std::vector<int> expected(size_t(prefetch ? 2 : 5), both);
    EXPECT_ON_ALL_RANKS(std::count(open.begin(), open.end(), both) >= int(expected.size()));
    EXPECT_ON_ALL_RANKS(int(open.size()) == int(expected.size()) + 3) << open.size() << (format ? ", 16 bits" : "") << (two_level ? ", two levels" : "");
    EXPECT_ON_ALL_RANKS(!device.meanwhile);
  }
}

// An error in a product ends all that calls it; the device outlives them.
TEST(Meanwhile, NobodyIsCalledThatIsGone) {
  const Dataset data = random_dataset(300, 20);
  SlowDevice device;
  device.fails = true;
  {
    ShardedRun run(device, data, {300, 290, 10}, 20, {}, {.level = 3, .micro_batches = ranks(), .prefetch = true}, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(error_of([&] { run.step({0, 20}); }) == "a product fails");
    EXPECT_ON_ALL_RANKS(device.products == "m") << device.products;
  }
  EXPECT_ON_ALL_RANKS(!device.meanwhile);
}

}  // namespace
