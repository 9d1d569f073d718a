// ranks: 2 3 4 5
//
// Activations that GPUs store in 16 bits, between stages and slices: they travel as they are stored, through the host, in peer windows and by
// MPI. What is stored is rounded already, and so is a sum where it is stored. So the bits are those of messages of floats.
#include <gtest/gtest.h>

#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/11_fewer_bits/fewer_bits_cuda_device.h"
#include "common/mpi_guard/leftovers.h"
#include "common/philox.h"
#include "tests/device_waits.h"
#include "tests/grid_runs.h"
#include "tests/mpi_from_gpus.h"
#include "tests/tensor_runs.h"

namespace guard {  // weak: null without the guard (GUARD=0)
__attribute__((weak)) const Traffic& traffic();
}

namespace {

using namespace grid_runs;
using tensor_runs::in_order;
using tensor_runs::train_on_ranks;
using tensor_runs::Trainer;

// The slow reference: a GPU whose messages are floats, by way of views.
struct TellsNobody : FewerBitsCudaDevice {
  using FewerBitsCudaDevice::FewerBitsCudaDevice;
  bool stores(const float*) const override { return false; }
};

struct WordsBetweenGpus : testing::Test {
  void SetUp() override {
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
    try {
      device = std::make_unique<FewerBitsCudaDevice>("bf16", rank() % count_gpus());
    } catch (const Error& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  std::vector<std::string> ways() const {  // on a GPU it is not up to a test what MPI takes
    return &cuda_on_cpu_waits ? std::vector<std::string>{"peer", "mpi"} : std::vector<std::string>{"peer"};
  }
  const MpiTakesPointers so{true};
  std::unique_ptr<FewerBitsCudaDevice> device;
};

struct Trained {
  std::vector<float> weights, initial;
  std::vector<double> losses;
  HybridModel::Ways ways;
  bool operator==(const Trained& other) const { return compare(weights, other.weights).same_bits() && losses == other.losses; }
};

template <class Kind>
Trained train_on(const char* format, const GridShape& shape, HybridSettings s, const std::string& exchange, bool formula) {
  Kind device(format, rank() % count_gpus());
  s.exchange = exchange, s.activation_bytes = 2;
  const Dataset d = data();
  Trained t;
  HybridModel model(device, grid_of(shape), s);
  model.initialize(1);
  t.initial = model.weights();
  t.losses = train(model, d, 0, 2);
  t.weights = model.weights();
  t.ways = model.ways();
  if (formula) {
    const GridFootprint found = counted_footprint(device), predicted = predict_footprint(s, shape, grid_of(shape).place);
    EXPECT_ON_ALL_RANKS(found == predicted) << told(shape, s) << ", " << exchange << ": exchange " << found.exchange << ", " << predicted.exchange
                                            << ", activations " << found.activations << ", " << predicted.activations;
  }
  return t;
}

// Through the host: floats may go in pieces, what is stored goes as a whole.
TEST_F(WordsBetweenGpus, ThroughTheHostPiecesAreOfFloats) {
  const Dataset d = small_data(32);
  for (const std::vector<int>& sizes : {tensor_runs::networks[1], tensor_runs::networks[3], tensor_runs::networks[5]}) {
    const training_runs::Run run{.sizes = sizes, .batch = 16, .steps = 4};
    const auto trained = [&](size_t longest_piece) { return train_on_ranks(*device, run, d, "rank-order", 1, MPI_COMM_WORLD, "host", longest_piece); };
    const training_runs::Result whole = trained(1 << 18), pieces = trained(7);
    EXPECT_ON_ALL_RANKS(compare(pieces.weights, whole.weights).same_bits() && pieces.loss == whole.loss) << tensor_runs::name_of(sizes);
    EXPECT_ON_ALL_RANKS(compare(whole.weights, whole.initial).max_abs > 1e-3) << tensor_runs::name_of(sizes);
  }
}

// Every grid, and ways of the pipeline in which two chunks, or a layer that is computed again, come between each other: those by peers and by
// MPI in turn.
TEST_F(WordsBetweenGpus, HaveTheBitsOfMessagesOfFloats) {
  size_t turn = 0;
  for (const char* format : {"bf16", "half-flushed"})
    for (const std::string schedule : {"1f1b", "computed again", "interleaved"})
      for (const GridShape& shape : shapes_of(ranks())) {
        if (shape.data == ranks() || (schedule == "interleaved" && (shape.pipeline == 1 || 2 * shape.pipeline > 8))) continue;
        if (format != std::string("bf16") && schedule != "1f1b") continue;
        HybridSettings s = settings("momentum", 3, false);
        if (schedule == "computed again") s.keep_every = 3;
        else s.schedule = schedule;
        s.chunks = schedule == "interleaved" ? 2 : 1;
        const Trained floats = train_on<TellsNobody>(format, shape, s, "host", false);
        const Trained host = train_on<FewerBitsCudaDevice>(format, shape, s, "host", true);
        EXPECT_ON_ALL_RANKS(host == floats) << told(shape, s);
        expect_moved(floats.weights, floats.initial);
        ++turn;
        for (const std::string& way : ways()) {
          if (schedule != "1f1b" && way != ways()[turn % ways().size()]) continue;
          const Trained t = train_on<FewerBitsCudaDevice>(format, shape, s, way, true);
          EXPECT_ON_ALL_RANKS(t == floats) << told(shape, s) << ", " << way << ": " << compare(t.weights, floats.weights);
          EXPECT_ON_ALL_RANKS(t.ways.through_host == (shape.tensor > 4 ? "slices" : "")) << told(shape, s) << ", " << way << ": " << t.ways.through_host;
        }
      }
}

// A message has two bytes for each number; between GPUs an odd number of them goes with one more, since boxes are of floats.
TEST_F(WordsBetweenGpus, StagesSendTwoBytesOfANumber) {
  const Dataset d = data();
  HybridSettings s = settings("sgd", 5, false);
  const Grid grid({1, ranks(), 1}, MPI_COMM_WORLD);
  const Layout here = stage_layout(s, grid.shape, grid.place).chunks[0];
  const bool last = grid.last_stage(), first = grid.place.pipeline == 0;
  {
    HybridModel model(*device, grid, s);
    model.initialize(1);
    const int64_t before = &guard::traffic ? guard::traffic().bytes : 0;
    model.step(d, permutation(1, 0, d.count), {0, batch_rows});
    const int64_t bytes = (&guard::traffic ? guard::traffic().bytes : 0) - before;
    const int64_t numbers = int64_t(batch_rows) * ((last ? 0 : here.out()) + (first ? 0 : here.in())), losses = 8 * (s.micro_batches + 2);
    EXPECT_ON_ALL_RANKS(!&guard::traffic || bytes == 2 * numbers + losses) << bytes << " bytes, " << numbers << " numbers";
  }
  s.exchange = "peer";
  HybridModel model(*device, grid, s);
  model.initialize(1);
  model.step(d, permutation(1, 0, d.count), {0, batch_rows});
  size_t floats[2] = {0, 0};
  for (size_t m = 0; m < size_t(s.micro_batches); ++m) {
    const size_t rows = share({0, batch_rows}, size_t(s.micro_batches), m).size();
    if (!last) floats[0] += (rows * size_t(here.out()) + 1) / 2;
    if (!first) floats[1] += (rows * size_t(here.in()) + 1) / 2;
  }
  for (const Pass pass : {Pass::forward, Pass::backward})
    EXPECT_ON_ALL_RANKS(model.pipeline().counted(pass).floats == floats[size_t(pass)]) << model.pipeline().counted(pass).floats;
}

// Each rank gives its words to each other one, in two meetings; logits and what the head adds are floats, and read. Five slices would send more
// than floats are: they go through the host.
TEST_F(WordsBetweenGpus, SlicesSendTwoBytesOfANumber) {
  const Dataset data = small_data(40);
  const size_t rows = 23, p = size_t(ranks());
  for (const std::vector<int>& sizes : {std::vector<int>{35, 23, 17, 13, 10}, {35, 23, 17, 10}})
    for (const std::string& way : ways()) {
      FewerBitsCudaDevice memory("bf16", rank() % count_gpus());
      Trainer t(memory, sizes, {0, sizes.size() - 1}, {.rows = int(rows), .input_gradient = true}, "rank-order", MPI_COMM_WORLD, way);
      ASSERT_ON_ALL_RANKS(t.tensor.between_gpus() == (p <= 4));
      if (p > 4) continue;
      t.step(data, in_order(data), {0, rows});
      const GpuCollectives::Count before = t.tensor.counted();
      t.step(data, in_order(data), {0, rows});
      const GpuCollectives::Count now = t.tensor.counted();
      const TensorFootprint f = tensor_footprint(sizes, t.here, {rank(), ranks()}, t.mlp.space(), 0, 2);
      // In the order of the layers: dx of even ones, y of odd ones, of which the last one's are logits; for split classes of the head a sum and a
      // maximum.
      size_t written = 0, read = 0, longest = 0, longest_words = 0, meetings = 0;
      for (size_t l = 0; l + 1 < sizes.size(); ++l) {
        const size_t n = rows * size_t(sizes[l % 2 == 0 ? l : l + 1]);
        if (l % 2 == 1 && l + 2 == sizes.size()) read += (p - 1) * n, longest = std::max(longest, n), meetings += 1;
        else written += (p - 1) * ((n + 1) / 2), longest_words = std::max(longest_words, (n + 1) / 2), meetings += 2;
      }
      if (sizes.size() % 2 == 0) read += 2 * (p - 1) * rows, longest = rows, meetings += 2;
      EXPECT_ON_ALL_RANKS(now.written - before.written == written && now.read - before.read == read)
          << way << ": " << now.written - before.written << ", not " << written << "; " << now.read - before.read << ", not " << read;
      EXPECT_ON_ALL_RANKS(way == "mpi" || now.meetings - before.meetings == meetings) << now.meetings - before.meetings << ", not " << meetings;
      const size_t bytes = 4 * ((way == "mpi" ? p - 1 : 2) * longest + p * longest_words);
      EXPECT_ON_ALL_RANKS(memory.memory(Purpose::exchange).peak == bytes && (way == "mpi" ? f.by_mpi : f.exchange) == bytes)
          << way << ": " << memory.memory(Purpose::exchange).peak << ", " << f.by_mpi << ", " << f.exchange << ", not " << bytes;
    }
}

// In rank order, in float, and rounded once: against plain loops.
TEST_F(WordsBetweenGpus, AreAddedAsFloats) {
  for (const char* format : {"bf16", "half", "half-flushed"}) {
    FewerBitsCudaDevice gpu(format, rank() % count_gpus());
    const SixteenBits& f = sixteen_bits(format);
    const size_t n = 101, step = 60;
    std::vector<uint16_t> words(2 * step * 4);
    for (size_t i = 0; i < words.size(); ++i) {
      const float value = i % 7 == 0 ? 1.0f : uniform(random_words(5, RandomStream::test, 0, i)[0]) * 0x1p-5f;
      f.narrow(&words[i], &value, 1);
    }
    const Buffer<> x(gpu, 4 * step, Purpose::exchange), sum = gpu.allocate_activations(n);
    gpu.copy_in(x.data(), reinterpret_cast<const float*>(words.data()), 4 * step);
    for (const int count : {1, 2, 4}) {
      gpu.add_words(sum.data(), x.data(), step, count, n);
      std::vector<float> found(n), expected(n);
      gpu.copy_out(found.data(), sum.data(), n);
      for (size_t i = 0; i < n; ++i) {
        for (int k = 0; k < count; ++k) {
          float value = 0;
          f.widen(&value, &words[2 * step * size_t(k) + i], 1);
          expected[i] = k == 0 ? value : expected[i] + value;
        }
        expected[i] = rounded(expected[i], f.format);
      }
      EXPECT_ON_ALL_RANKS(found == expected) << format << " " << count;
    }
  }
}

}  // namespace
