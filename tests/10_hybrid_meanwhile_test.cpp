// Device::meanwhile in chapters 08 to 10: while a CPU multiplies, the messages of a pipeline, the sum of dx and the gradients of a sharded
// update move on, all of them where a grid has all three.
// ranks: 1 2 3 4 5
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"
#include "tests/grid_runs.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

namespace {

using grid_runs::grid_of;
using grid_runs::rank;
using grid_runs::ranks;

// A call of MPI_Testall: how many requests it was given, how many of them were open, whether all are complete.
struct Look {
  int requests, open, complete;
};
std::vector<Look> looks;

}  // namespace

// What the guard calls: without it nothing is seen.
extern "C" int PMPI_Testall(int n, MPI_Request* requests, int* complete, MPI_Status* statuses) {
  static const auto real = reinterpret_cast<int (*)(int, MPI_Request*, int*, MPI_Status*)>(dlsym(RTLD_NEXT, "PMPI_Testall"));
  const int open = int(std::count_if(requests, requests + n, [](MPI_Request r) { return r != MPI_REQUEST_NULL; }));
  const int error = real(n, requests, complete, statuses);
  looks.push_back({n, open, *complete});
  return error;
}

namespace {

// How often a product calls it.
int panels(int columns) { return (columns + matmul_shape().tile_columns - 1) / matmul_shape().tile_columns; }

// Products that say which looks there were while they ran.
struct ShownDevice : CpuDevice {
  struct Product {
    int panels;
    std::vector<Look> looks;
  };
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override {
    looks.clear();
    if (before_product) before_product();
    CpuDevice::matmul(c, a, b, m, n, k, finish);
    products.push_back({panels(n), looks});
  }
  std::vector<Product> products;
  std::function<void()> before_product;
};

// In a product in which all ranks are at a time: so long that every message under way arrives, if somebody looks after it.
void look_together(Device& device) {
  for (int round = 0; round < 30; ++round) {
    for (int look = 0; look < 300; ++look) device.meanwhile();
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  }
}

std::vector<uint32_t> in_order(const Dataset& data) {
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// A stage of a pipeline of layers that are all as wide, over comm.
struct Stage {
  StageLayout layout;
  Buffer<> parameters, gradients;
  Pipeline pipeline;
  Stage(Device& device, const std::vector<int>& sizes, const Schedule& schedule, int rows, MPI_Comm comm)
      : layout(make_stage_layout(sizes, balanced_chunks(sizes, schedule.chunks()), schedule.stages, rank_of(comm))),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        pipeline(device, schedule, layout, parameters, gradients, rows, comm) {
    initialize(parameters, layout, 1);
  }
};

}  // namespace

// Every product looks after all messages of the stage, once for each panel of columns; nobody else does.
TEST(Pipeline, ItsProductsLookAfterAllMessages) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: without the guard no call is seen";
  const Dataset data = random_dataset(70, 20);
  std::vector<int> sizes(size_t(2 * ranks()), 70);
  sizes.push_back(10);
  for (const auto& [name, chunks] : {std::pair{"gpipe", 1}, {"1f1b", 1}, {"interleaved", 2}, {"zb-h1", 1}}) {
    ShownDevice device;
    Stage stage(device, sizes, make_schedule(name, ranks(), chunks, 3, 1), 7, MPI_COMM_WORLD);
    const int slots = std::ranges::max(stage.pipeline.schedule().slots), all = 2 * 2 * chunks * slots;  // in and out, of both directions
    bool as_said = true;
    int open = 0;
    stage.pipeline.step(data, in_order(data), {0, 20});
    stage.pipeline.count_correct(data);
    for (const ShownDevice::Product& product : device.products) {
      as_said = as_said && int(product.looks.size()) == product.panels;
      for (const Look& look : product.looks) as_said = as_said && look.requests == all, open = std::max(open, look.open);
    }
    EXPECT_ON_ALL_RANKS(as_said && !device.products.empty()) << name;
    EXPECT_ON_ALL_RANKS((open > 0) == (ranks() > 1)) << name;
    EXPECT_ON_ALL_RANKS(!device.meanwhile) << name;
  }
}

// What another stage waits for goes out while the sender still multiplies, though it is too long to leave at once: a stage begins its first
// product of a direction before its neighbour's next product ends. Half a megabyte; only these looks call MPI there.
TEST(Pipeline, MessagesArriveWhileTheSenderMultiplies) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  constexpr int rows = 256, width = 512;
  std::vector<int> sizes(size_t(ranks()), width);
  sizes.push_back(10);
  const Dataset data = random_dataset(width, 2 * rows);
  MPI_Win window;
  int* mine;
  MPI_CHECK(MPI_Win_allocate_shared(2 * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &mine, &window));
  mine[0] = mine[1] = 0;
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const auto begun = [&](int stage, int direction) {
    MPI_Aint bytes;
    int unit, *theirs;
    MPI_CHECK(MPI_Win_shared_query(window, stage, &bytes, &unit, &theirs));
    return std::atomic_ref(theirs[direction]);
  };
  ShownDevice device;
  bool arrived = true;
  // gpipe with two micro-batches: forward, forward; dx (not on stage 0) and dw of the first, then of the second.
  const int first_dw = rank() == 0 ? 2 : 3;
  const auto wait_for = [&](int stage, int direction) {
    if (stage < 0 || stage == ranks()) return;
    const std::atomic_ref<int> there = begun(stage, direction);
    for (const Timer timer; device.meanwhile && there.load() == 0 && timer.seconds() < 30;) device.meanwhile();
    arrived = arrived && there.load() == 1;
  };
  device.before_product = [&] {
    const int product = int(device.products.size());
    if (product == 0) begun(rank(), 0).store(1);
    if (product == 2) begun(rank(), 1).store(1);
    if (product == 1) wait_for(rank() + 1, 0);
    if (product == first_dw) wait_for(rank() - 1, 1);
  };
  Stage stage(device, sizes, make_schedule("gpipe", ranks(), 1, 2, 1), rows, MPI_COMM_WORLD);
  stage.pipeline.step(data, in_order(data), {0, 2 * rows});
  EXPECT_ON_ALL_RANKS(arrived);
  MPI_CHECK(MPI_Win_free(&window));
}

// The sum of dx is there when the product beside it, dw of the pair's first layer, ends; no other product looks.
TEST(Tensor, TheSumOfTheInputGradientArrivesBesideDw) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: without the guard no call is seen";
  const Layout layout = make_layout({300, 290, 310, 280, 10}, {0, 4}, {rank(), ranks()});
  ShownDevice device;
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  Mlp mlp(device, layout, parameters, gradients, {.rows = 200});
  TensorParallel tensor(mlp);
  device.fill(mlp.input(), 1, 200 * 300);
  mlp.forward(200);
  device.fill(mlp.output_gradient(), 1, 200 * size_t(layout.layers.back().out));
  device.products.clear();
  std::string under_way;
  std::vector<float> sum(200 * 310);
  device.before_product = [&] {
    under_way += device.meanwhile ? 'm' : '-';
    if (!device.meanwhile) return;
    look_together(device);
    std::copy_n(mlp.activation_gradient(2, 0), sum.size(), sum.begin());
  };
  const std::vector<Recorded> calls = record([&] { mlp.backward(Write::overwrite); });
  const bool waits = std::ranges::any_of(calls, [](const Recorded& r) { return r.what == "MPI_Waitall"; });
  EXPECT_ON_ALL_RANKS(under_way == (ranks() > 1 ? "---m---" : "-------")) << under_way;  // dx and dw of layers 3, 2 and 1, dw of 0
  EXPECT_ON_ALL_RANKS(ranks() == 1 || !waits);
  int same = 0, other = 0;  // layer 1 has set those to zero since whose activation is
  for (size_t i = 0; i < sum.size(); ++i)
    if (const float now = mlp.activation_gradient(2, 0)[i]; now != 0) ++(sum[i] == now ? same : other);
  EXPECT_ON_ALL_RANKS(ranks() == 1 || (same > 1000 && other == 0)) << same << " " << other;
  EXPECT_ON_ALL_RANKS(!device.meanwhile);
}

// One copy or more of an interleaved stage of three chunks, with tensor ranks or without: each panel of columns looks after the stage's
// messages, what arrives from the other copies, and what was sent to them, a chunk at a time, the last first; and first after a sum of dx.
TEST(Grid, ItsProductsLookAfterEverything) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: without the guard no call is seen";
  const Dataset data = random_dataset(70, 40);
  for (const bool reproducible : {false, true})
    for (const GridShape& shape : grid_runs::shapes_of(ranks())) {
      if (shape.pipeline > 1) continue;
      const HybridSettings s{.sizes = {70, 80, 90, 100, 110, 120, 130, 10}, .batch = 40, .micro_batches = shape.data,
                             .reproducible = reproducible, .schedule = "interleaved", .chunks = 3, .optimizer = {}};
      ShownDevice device;
      HybridModel model(device, grid_of(shape), s);
      model.initialize(1);
      model.step(data, in_order(data), {0, 40});
      device.products.clear();  // a step later nothing has piled up
      model.step(data, in_order(data), {0, 40});
      std::vector<int> layers;
      for (const Layout& chunk : stage_layout(s, shape, grid_of(shape).place).chunks) layers.push_back(int(chunk.layers.size()));
      const int copies = shape.data - 1, all = layers[0] + layers[1] + layers[2], of_sum = 2 * (shape.tensor - 1);
      const int of_stage = 2 * 2 * 3 * std::ranges::max(model.pipeline().schedule().slots);  // in and out, of both directions, by chunk
      bool as_said = int(device.products.size()) == 3 * all - 1;  // forward, dx and dw; nobody needs the first dx
      int sums = 0;
      for (int number = 0; number < int(device.products.size()); ++number) {
        const auto& [panels, looks] = device.products[size_t(number)];
        int sent = 0;
        if (number >= all + 2 * layers[2]) sent += copies * layers[2];
        if (number >= all + 2 * (layers[2] + layers[1])) sent += copies * layers[1];
        size_t at = 0;
        bool sum = false;
        for (int panel = 0; panel < panels; ++panel) {
          for (; at < looks.size() && looks[at].requests == of_sum && looks[at].requests > 0; ++at) sum = true;
          for (int expected : {of_stage, copies * all, sent}) {
            as_said = as_said && at < looks.size() && looks[at++].requests == expected;
            if (copies == 0) break;
          }
        }
        as_said = as_said && at == looks.size();
        sums += sum;
      }
      EXPECT_ON_ALL_RANKS(as_said) << to_string(shape) << (reproducible ? ", reproducible" : "");
      EXPECT_ON_ALL_RANKS((shape.tensor > 1) == (sums > 0)) << to_string(shape) << ": " << sums;
      EXPECT_ON_ALL_RANKS(!device.meanwhile) << to_string(shape);
    }
}

// An error in a product ends all that calls it; the device outlives them.
TEST(Meanwhile, NobodyIsCalledThatIsGone) {
  const Dataset data = random_dataset(70, 20);
  ShownDevice device;
  {
    Stage stage(device, {70, 80, 10}, make_schedule("1f1b", 1, 1, 2, 1), 10, MPI_COMM_SELF);
    device.before_product = [] { throw Error("a product fails"); };
    EXPECT_ON_ALL_RANKS(error_of([&] { stage.pipeline.step(data, in_order(data), {0, 20}); }) == "a product fails");
    EXPECT_ON_ALL_RANKS(bool(device.meanwhile)) << "nothing would be shown";
    device.before_product = {};
  }
  EXPECT_ON_ALL_RANKS(!device.meanwhile) << "a pipeline";
  {
    const Grid grid({ranks(), 1, 1}, MPI_COMM_WORLD);
    Stage stage(device, {70, 80, 10}, make_schedule("1f1b", 1, 1, 1, 1), 20, MPI_COMM_SELF);
    {
      ShardedUpdate update(stage.pipeline, stage.parameters, stage.gradients, {}, ranks(), false, grid.data());
      update.begin(std::vector<Range>(size_t(ranks())));  // without rows, so that no message is left over
      EXPECT_ON_ALL_RANKS(bool(device.meanwhile) == (ranks() > 1)) << "nothing would be shown";
    }
    EXPECT_ON_ALL_RANKS(!device.meanwhile) << "a sharded update, before its pipeline ends";
    EXPECT_ON_ALL_RANKS(!stage.pipeline.hooks.gradients_complete) << "by its pipeline";
  }
  if (ranks() == 1) return;
  {
    const Layout layout = make_layout({70, 80, 90, 10}, {0, 3}, {rank(), ranks()});
    const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
    initialize(parameters, layout, 1);
    Mlp mlp(device, layout, parameters, gradients, {.rows = 20});
    TensorParallel tensor(mlp);
    device.fill(mlp.input(), 1, 20 * 70);
    mlp.forward(20);
    device.fill(mlp.output_gradient(), 1, 20 * size_t(layout.layers.back().out));
    device.before_product = [&] {
      if (!device.meanwhile) return;
      look_together(device);  // so that nothing is on its way to memory that goes
      throw Error("a product fails");
    };
    EXPECT_ON_ALL_RANKS(error_of([&] { mlp.backward(Write::overwrite); }) == "a product fails");
    EXPECT_ON_ALL_RANKS(bool(device.meanwhile)) << "nothing would be shown";
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  }
  EXPECT_ON_ALL_RANKS(!device.meanwhile) << "tensor ranks";
}
