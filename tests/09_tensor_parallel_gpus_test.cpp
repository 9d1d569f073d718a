// Slices between GPUs (chapter 09): sums in each other's memory. Where there is no GPU, common/cuda_on_cpu lets every stream run as late
// as it may, those of other ranks, too.
// ranks: 1 2 3 5
// more ranks: 4 7 8
#include <gtest/gtest.h>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"
#include "tests/device_without_handles.h"
#include "tests/known_clock.h"
#include "tests/mpi_from_gpus.h"
#include "tests/mpi_expect.h"
#include "tests/tensor_runs.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

using namespace tensor_runs;

unsigned long waits_so_far() { return &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0; }

// 410 rows of 41: longer than what is added in one shot.
const std::vector<int> wide = {35, 13, 41, 10};
constexpr size_t many_rows = 410;
static_assert(many_rows * 41 > GpuCollectives::one_shot);

struct BetweenGpus : testing::Test {
  void SetUp() override {
    if (world_size() == 1) GTEST_SKIP() << "skipped: one rank sums nothing";
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
    try {
      device = make_device("cuda", world_rank());
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  Result train(const TrainingRun& run, const Dataset& data, int micro_batches, const std::string& exchange) {
    return train_on_ranks(*device, run, data, "rank-order", micro_batches, MPI_COMM_WORLD, exchange);
  }
  // On a GPU it is not up to a test what MPI takes.
  static std::vector<std::string> ways() { return &cuda_on_cpu_waits ? std::vector<std::string>{"peer", "mpi"} : std::vector<std::string>{"peer"}; }
  const MpiTakesPointers so{true};
  std::unique_ptr<Device> device;
};

bool same(const Result& a, const Result& b) {
  return compare(a.weights, b.weights).same_bits() && a.loss == b.loss && compare(a.weights, a.initial).max_abs > 1e-3;
}

TEST_F(BetweenGpus, TrainingEndsWithTheBitsOfTheWayThroughTheHost) {
  const Dataset data = small_data(64);
  for (const std::vector<int>& sizes : networks)
    for (int micro_batches : {1, 3}) {
      const TrainingRun run{.sizes = sizes, .batch = 24, .steps = 6, .optimizer = "adam"};
      const Result by_host = train(run, data, micro_batches, "host");
      for (const std::string& way : ways()) EXPECT_ON_ALL_RANKS(same(train(run, data, micro_batches, way), by_host)) << name_of(sizes) << way;
    }
}

// In one shot and in two; in the last batch, which is short, what was long is short, too.
TEST_F(BetweenGpus, LongSumsHaveTheBitsOfTheWayThroughTheHost) {
  const Dataset data = small_data(many_rows + 30);
  const TrainingRun run{.sizes = wide, .batch = many_rows, .steps = 5};
  const Result by_host = train(run, data, 1, "host");
  EXPECT_ON_ALL_RANKS(same(train(run, data, 1, "auto"), by_host));
  for (const std::string& way : ways()) EXPECT_ON_ALL_RANKS(same(train(run, data, 1, way), by_host)) << way;
}

// Every second rank's GPU does everything at once, before and behind each layer: the others are late.
TEST_F(BetweenGpus, FastAndLateRanksGiveTheSameBits) {
  const Dataset data = small_data(many_rows);
  const auto step = [&](const std::vector<int>& sizes, size_t rows, const std::string& way, bool fast, std::vector<float>& gradients) {
    Trainer t(*device, sizes, {.rows = int(rows), .keep_every = 2}, "rank-order", MPI_COMM_WORLD, way);
    Hooks hooks = t.mlp.hooks;
    if (fast)
      for (std::function<void(int, int)>* hook : {&t.mlp.hooks.before_forward, &t.mlp.hooks.after_forward, &t.mlp.hooks.before_backward,
                                                  &t.mlp.hooks.after_backward})
        *hook = [this, usual = *hook](int layer, int slot) {
          if (usual) usual(layer, slot);
          device->synchronize();
        };
    t.step(data, in_order(data), {0, rows});
    const double loss = t.step(data, in_order(data), {0, rows}, 3);
    t.mlp.hooks = hooks;
    gradients = t.whole(t.gradients);
    return loss;
  };
  for (const auto& [sizes, rows] : {std::pair{networks[5], size_t{23}}, {networks[3], size_t{40}}, {wide, many_rows}}) {
    std::vector<float> by_host, gradients;
    const double loss = step(sizes, rows, "host", false, by_host);
    for (const std::string& way : ways())
      for (int parity : {0, 1}) {
        const bool same_loss = step(sizes, rows, way, world_rank() % 2 == parity, gradients) == loss;
        EXPECT_ON_ALL_RANKS(compare(gradients, by_host).same_bits() && same_loss) << name_of(sizes) << way;
      }
  }
}

// Of slices of the network that follow each other each has its own window.
TEST_F(BetweenGpus, RangesOfLayersHaveTheBitsOfAllLayersTogether) {
  const Dataset data = small_data(29);
  const std::vector<int>& sizes = networks[5];
  const std::vector<uint32_t> order = in_order(data);
  Trainer all(*device, sizes, {.rows = 29});
  all.step(data, order, {0, 29});
  const std::vector<std::string> turns = ways();
  for (size_t cut = 1; cut + 1 < sizes.size(); ++cut) {
    const std::string& way = turns[cut % turns.size()];
    Trainer front(*device, sizes, {0, cut}, {.rows = 29}, "rank-order", MPI_COMM_WORLD, way);
    Trainer back(*device, sizes, {cut, sizes.size() - 1}, {.rows = 29, .input_gradient = true}, "rank-order", MPI_COMM_WORLD, way);
    const size_t n = 29 * size_t(back.layout.in());
    load_images(front.mlp, data, order, {0, 29});
    back.head.load_labels(data, order, {0, 29});
    front.mlp.forward(29);
    device->copy(back.mlp.input(), front.mlp.output(), n);
    back.mlp.forward(29);
    back.head.backward(back.mlp, 29);
    back.mlp.backward(Write::overwrite);
    device->copy(front.mlp.output_gradient(), back.mlp.input_gradient(), n);
    front.mlp.backward(Write::overwrite);
    std::vector<float> gradients = front.whole(front.gradients), rest = back.whole(back.gradients);
    gradients.insert(gradients.end(), rest.begin(), rest.end());
    EXPECT_ON_ALL_RANKS(compare(gradients, all.whole(all.gradients)).same_bits()) << "cut before layer " << cut;
  }
}

// Logits far from zero, and ranks without classes: the maximum over ranks is taken on the GPUs, too.
TEST_F(BetweenGpus, SplitClassesHaveTheBitsOfTheWayThroughTheHost) {
  const size_t rows = 23;
  const Dataset data = small_data(rows);
  for (int kind : {0, 1, 2, 3}) {
    const std::vector<float> z = logits(kind, rows);
    std::vector<float> through_host;
    double loss = 0;
    std::vector<std::string> all = ways();
    all.insert(all.begin(), "host");
    for (const std::string& way : all) {
      Trainer t(*device, {35, 10}, {.rows = int(rows)}, "rank-order", MPI_COMM_WORLD, way);
      const Window& w = t.layout.layers[0].w;
      std::vector<float> dz;
      for (size_t r = 0; r < rows; ++r)
        dz.insert(dz.end(), z.begin() + ptrdiff_t(10 * r) + w.first_column, z.begin() + ptrdiff_t(10 * r) + w.first_column + w.columns);
      t.mlp.set_rows(int(rows));
      device->copy_in(t.mlp.output(), dz.data(), dz.size());
      t.head.load_labels(data, in_order(data), {0, rows});
      t.head.backward(t.mlp, rows);
      const double found = t.head.loss(t.mlp, rows);
      device->copy_out(dz.data(), t.mlp.output_gradient(), dz.size());
      if (way == "host") through_host = dz, loss = found;
      const bool same = dz.empty() || compare(dz, through_host).same_bits();
      EXPECT_ON_ALL_RANKS(same && std::isfinite(loss) && found == loss) << "kind " << kind << ", " << way;
    }
  }
}

// The host waits where a loss is read and, by MPI, for what it sends, and nowhere else. One shot reads a vector from each other rank; two read and write a block of it.
TEST_F(BetweenGpus, CostsWhatTheFormulasSay) {
  const Dataset data = small_data(many_rows);
  const size_t p = size_t(world_size());
  for (const auto& [sizes, rows] : {std::pair{networks[0], size_t{23}}, {networks[1], size_t{23}}, {networks[5], size_t{23}}, {wide, many_rows}})
    for (int turn = 0; turn < 4; ++turn) {
      const std::string way = ways()[turn % 2 ? ways().size() - 1 : 0];
      const bool by_mpi = way == "mpi", input_gradient = turn >= 2;
      const auto memory = make_device("cuda", world_rank());
      Trainer t(*memory, sizes, {0, sizes.size() - 1}, {.rows = int(rows), .input_gradient = input_gradient}, "rank-order", MPI_COMM_WORLD, way);
      ASSERT_ON_ALL_RANKS(t.tensor.between_gpus());
      t.step(data, in_order(data), {0, rows});
      const GpuCollectives::Count before = t.tensor.counted();
      const TensorTraffic traffic_before = t.tensor.traffic();
      load_images(t.mlp, data, in_order(data), {0, rows});
      t.head.load_labels(data, in_order(data), {0, rows});
      memory->synchronize();
      const unsigned long waits = waits_so_far();
      t.mlp.forward(int(rows));
      t.head.backward(t.mlp, rows);
      t.mlp.backward(Write::overwrite);
      const GpuCollectives::Count now = t.tensor.counted();
      const unsigned long of_sums = now.waits - before.waits;
      EXPECT_ON_ALL_RANKS(waits_so_far() == waits + of_sums) << name_of(sizes) << way << ": " << waits_so_far() - waits << ", " << of_sums;
      t.head.loss(t.mlp, rows);
      EXPECT_ON_ALL_RANKS(waits_so_far() == waits + of_sums + (&cuda_on_cpu_waits ? 1 : 0)) << name_of(sizes);

      const TensorFootprint f = tensor_footprint(sizes, t.here, {world_rank(), world_size()}, t.mlp.space(), 0);
      std::vector<size_t> lengths = f.sums;
      EXPECT_ON_ALL_RANKS(t.tensor.traffic().sums - traffic_before.sums == f.sums.size());
      if (sizes.size() % 2 == 0) lengths.push_back(rows);  // the maximum
      GpuCollectives::Count expected;
      size_t longest = 0;
      for (const size_t n : lengths) {
        const bool one_shot = n <= GpuCollectives::one_shot;
        const size_t block = Blocks{n, int(p)}.size(world_rank());
        expected.read += (p - 1) * (one_shot ? n : block);
        expected.written += one_shot ? 0 : (p - 1) * block;
        (by_mpi ? expected.waits : expected.meetings) += one_shot ? 1 : 2;
        longest = std::max(longest, n);
      }
      EXPECT_ON_ALL_RANKS(now.waits - before.waits == expected.waits) << name_of(sizes) << ": " << of_sums << " waits, not " << expected.waits;
      EXPECT_ON_ALL_RANKS(now.read - before.read == expected.read) << name_of(sizes) << ": " << now.read - before.read << ", not " << expected.read;
      EXPECT_ON_ALL_RANKS(now.written - before.written == expected.written) << name_of(sizes);
      EXPECT_ON_ALL_RANKS(now.meetings - before.meetings == expected.meetings) << name_of(sizes);
      // In a window: two boxes, and where long sums are made. By MPI: what comes from the others, for a long sum their parts of a block.
      const size_t of_window = longest <= 16384 ? 8 * longest : 8 * 16384 + 4 * longest;
      const size_t received = longest <= 16384 ? longest : std::max(size_t{16384}, Blocks{longest, int(p)}.size(world_rank()));
      const size_t bytes = by_mpi ? 4 * (p - 1) * received : of_window;
      EXPECT_ON_ALL_RANKS(memory->memory(Purpose::exchange).peak == bytes && (by_mpi ? f.by_mpi : f.exchange) == bytes)
          << name_of(sizes) << ": " << memory->memory(Purpose::exchange).peak << ", " << f.exchange << ", " << f.by_mpi << ", not " << bytes;
      EXPECT_ON_ALL_RANKS(memory->memory(Purpose::activations).peak == f.activations) << name_of(sizes);
    }
}

// By a clock that each reading moves on by one: a sum is begun, and waited for.
TEST_F(BetweenGpus, TimeOfASumIsExchanging) {
  static double now = 0;
  for (const std::string& way : ways()) {
    Trainer t(*device, {35, 23, 10}, {.rows = 4}, "rank-order", MPI_COMM_WORLD, way);
    const Buffer p(*device, 30, Purpose::activations);
    device->fill(p, 1, 30);
    const ClockOfTest known([] { return ++now; });
    t.tensor.sum(p, 30);
    EXPECT_ON_ALL_RANKS(t.tensor.time().exchanging == 2 && t.tensor.time().copying == 0) << way << t.tensor.time().exchanging;
  }
}

TEST_F(BetweenGpus, EvaluationCountsAsThroughTheHost) {
  const Dataset data = small_data(101);
  for (const std::vector<int>& sizes : networks) {
    Trainer host(*device, sizes, {.rows = 37});
    const size_t counted = count_correct_split(host.tensor, data, {0, data.count});
    for (const std::string& way : ways()) {
      Trainer t(*device, sizes, {.rows = 37}, "rank-order", MPI_COMM_WORLD, way);
      EXPECT_ON_ALL_RANKS(count_correct_split(t.tensor, data, {0, data.count}) == counted) << name_of(sizes) << way;
    }
  }
}

TEST_F(BetweenGpus, WhereOneRankCannotBeReachedAllGoByMpiOrThroughTheHost) {
  const Dataset data = small_data(30);
  const std::vector<int>& sizes = networks[5];
  DeviceWithoutHandles reachable(false);
  Trainer host(reachable, sizes, {.rows = 30});
  host.step(data, in_order(data), {0, 30});
  for (const bool mpi : {false, true}) {
    const MpiTakesPointers on_all(mpi && &cuda_on_cpu_waits);
    DeviceWithoutHandles unreachable(world_rank() == world_size() - 1);
    std::optional<Trainer> t;
    const auto open = [&] { t.emplace(unreachable, sizes, Space{.rows = 30}, "rank-order", MPI_COMM_WORLD, "auto"); };
    if (world_size() > 1) expect_told_why(open, "peer window", "sums go", mpi_takes_pointers);
    else open();
    unreachable.gap = 0;
    EXPECT_ON_ALL_RANKS(t->tensor.way() == std::string(mpi_takes_pointers ? ", by MPI from the GPU's memory" : "")) << t->tensor.way();
    const TensorFootprint f = tensor_footprint(sizes, t->here, {world_rank(), world_size()}, t->mlp.space(), 0);
    EXPECT_ON_ALL_RANKS(unreachable.memory(Purpose::exchange).live == (mpi_takes_pointers ? f.by_mpi : 0));
    t->step(data, in_order(data), {0, 30});
    EXPECT_ON_ALL_RANKS(compare(t->whole(t->gradients), host.whole(host.gradients)).same_bits());
  }

  // One rank computes on a CPU; another order of the sum; the choice is another one.
  CpuDevice cpu;
  const auto between = [&](Device& on, const char* allreduce, const char* exchange) {
    return Trainer(on, sizes, {.rows = 3}, allreduce, MPI_COMM_WORLD, exchange).tensor.between_gpus();
  };
  EXPECT_ON_ALL_RANKS(!between(world_rank() == 0 ? static_cast<Device&>(cpu) : *device, "rank-order", "peer"));
  EXPECT_ON_ALL_RANKS(!between(*device, "ring", "auto"));
  EXPECT_ON_ALL_RANKS(!between(*device, "rank-order", "host"));
  EXPECT_ON_ALL_RANKS(between(*device, "rank-order", "auto"));
  const Layout layout = make_layout(sizes, {0, sizes.size() - 1}, {world_rank(), world_size()});
  Mlp mlp(*device, layout, nullptr, nullptr, {.rows = 3});
  EXPECT_ON_ALL_RANKS(!TensorParallel(mlp).between_gpus()) << "nobody has asked for it";
}

}  // namespace
