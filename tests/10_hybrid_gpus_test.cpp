// The grid between GPUs (chapter 10): stages write into mailboxes, slices and data ranks add in windows; or all by MPI. Where there is no GPU,
// common/cuda_on_cpu lets every stream run as late as it may, those of other ranks, too.
// ranks: 1 2 3 6 8
// more ranks: 4 5
#include <gtest/gtest.h>

#include <bit>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "tests/device_waits.h"
#include "tests/device_without_handles.h"
#include "tests/grid_runs.h"
#include "tests/known_clock.h"
#include "tests/mpi_from_gpus.h"
#include "tests/recorded_calls.h"

namespace {

using namespace grid_runs;

// Six ranks have every kind of grid but that of three dimensions: on eight it is that one alone, and in `make test-long` all.
std::vector<GridShape> shapes() {
  const char* const all = std::getenv("LONG");
  return ranks() == 8 && !all ? std::vector<GridShape>{{2, 2, 2}} : shapes_of(ranks());
}

unsigned long waits_so_far() { return &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0; }

// Does everything at once: neighbours of a late one are fast.
struct FastDevice : CudaDevice {
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    CudaDevice::linear_forward(y, x, w, b, a, rows, in, out);
    synchronize();
  }
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    synchronize();
    CudaDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
    synchronize();
  }
};

// Floats in 16 bits, rounded towards zero.
const MessageFormat high_halves = {
    [](uint16_t* to, const float* from, size_t n) { std::transform(from, from + n, to, [](float x) { return uint16_t(std::bit_cast<uint32_t>(x) >> 16); }); },
    [](float* to, const uint16_t* from, size_t n) { std::transform(from, from + n, to, [](uint16_t x) { return std::bit_cast<float>(uint32_t(x) << 16); }); }};

struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;
  size_t correct;
  HybridModel::Ways ways;
  bool operator==(const Trained& other) const {
    return compare(weights, other.weights).same_bits() && losses == other.losses && correct == other.correct;
  }
};

struct BetweenGpus : testing::Test {
  void SetUp() override {
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
    try {
      device = std::make_unique<CudaDevice>();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  // From the sixth step of the first epoch on, whose seventh batch is shorter, into the second.
  static constexpr int first_step = 5;
  static Trained train_on(Device& device, const GridShape& shape, const HybridSettings& s, int steps) {
    const Dataset d = data();
    HybridModel model(device, grid_of(shape), s);
    model.initialize(1);
    const std::vector<float> initial = model.weights();
    Trained t;
    t.losses = train(model, d, first_step, first_step + steps);
    t.weights = model.weights();
    t.correct = model.count_correct(d);
    t.ways = model.ways();
    expect_moved(t.weights, initial);
    return t;
  }
  // Through the host, and from GPU to GPU. On a GPU it is not up to a test what MPI takes.
  void expect_same_bits(const GridShape& shape, HybridSettings s, int steps, const std::string& through_host = "",
                        const std::vector<std::string>& ways = {"peer", "mpi"}) {
    s.exchange = "host";
    const Trained host = train_on(*device, shape, s, steps);
    EXPECT_ON_ALL_RANKS(host.ways.between_gpus + host.ways.by_mpi == "") << host.ways.between_gpus;
    for (const std::string& way : ways) {
      if (way != "peer" && !&cuda_on_cpu_waits) continue;
      s.exchange = way;
      const Trained t = train_on(*device, shape, s, steps);
      EXPECT_ON_ALL_RANKS(t == host) << told(shape, s) << ", " << way << ": " << compare(t.weights, host.weights);
      EXPECT_ON_ALL_RANKS(t.ways.through_host == through_host) << told(shape, s) << ", " << way << ": " << t.ways.through_host;
      EXPECT_ON_ALL_RANKS((way == "mpi" ? t.ways.between_gpus : t.ways.by_mpi) == "") << way << ": " << t.ways.between_gpus << t.ways.by_mpi;
      std::string others;  // those of which there are several
      for (const auto& [name, several] : {std::pair{"slices", shape.tensor > 1}, {"stages", shape.pipeline > 1}, {"data ranks", shape.data > 1}})
        if (several && name != through_host) others += (others.empty() ? "" : ", ") + std::string(name);
      EXPECT_ON_ALL_RANKS((way == "mpi" ? t.ways.by_mpi : t.ways.between_gpus) == others) << told(shape, s) << ", " << way << ", not " << others;
    }
  }
  const MpiTakesPointers so{true};
  std::unique_ptr<CudaDevice> device;
};

// Data ranks with more micro-batches than others, and some with none.
TEST_F(BetweenGpus, EveryGridEndsWithTheBitsOfTheWayThroughTheHost) {
  for (const GridShape& shape : shapes()) {
    expect_same_bits(shape, settings("adam", 2 * shape.data + 1, false), 3);
    if (shape.data > 1) expect_same_bits(shape, settings("sgd", shape.data - 1, false), 2);
  }
}

// By peers and by MPI in turn: of each schedule there are many grids.
TEST_F(BetweenGpus, EveryScheduleAndActivationsThatAreComputedAgain) {
  int turn = 0;
  for (const GridShape& shape : shapes()) {
    if (shape.pipeline > 4) continue;
    for (const char* schedule : {"naive", "gpipe", "interleaved", "zb-h1", "1f1b"}) {
      if (shape.pipeline == 1 && (schedule == std::string("naive") || schedule == std::string("gpipe"))) continue;  // without stages, as 1f1b
      HybridSettings s = settings("momentum", 3 * shape.data, false);
      s.schedule = schedule;
      if (s.schedule == "interleaved") s.chunks = 2;
      if (s.schedule == "1f1b") s.keep_every = 2;
      if (s.schedule == "interleaved" && shape.pipeline == 1) continue;
      expect_same_bits(shape, s, 2, "", {++turn % 2 == 0 ? "peer" : "mpi"});
    }
  }
}

TEST_F(BetweenGpus, ClippedGradientsHaveTheSameBits) {
  for (const GridShape& shape : shapes()) {
    HybridSettings s = settings("sgd", 2 * shape.data, false);
    s.optimizer.clip_norm = 0.5;
    expect_same_bits(shape, s, 2);
  }
}

// Terms of micro-batches, and rounded ones: data ranks exchange them through the host, the others do not.
TEST_F(BetweenGpus, WhatWindowsDoNotAddGoesThroughTheHost) {
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  for (const GridShape& shape : shapes()) {
    if (shape.data == 1) continue;
    expect_same_bits(shape, settings("sgd", 2 * shape.data, true), 2, "data ranks");
    HybridSettings s = settings("sgd", 2 * shape.data, false);
    s.gradients_as = high_halves;
    expect_same_bits(shape, s, 2, "data ranks");
  }
}

// Ranks that are told to be on several nodes: inside of each they add on their GPUs, between them by messages. The host of every data
// rank waits for its sums and for its new weights. The messages go through the host by `peer`, from GPU to GPU by `auto`; by `mpi` those
// inside of nodes, too.
TEST_F(BetweenGpus, InTwoLevelsTheBitsAreThoseOfTwoLevelsThroughTheHost) {
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  const std::vector<std::function<int(int)>> names = {[](int r) { return r % 2; }, [](int r) { return r / 2; }, [](int r) { return r % 3 == 2; },
                                                      [](int r) { return r; }, [](int) { return 0; }};
  int turn = 0;
  for (const GridShape& shape : shapes()) {
    if (shape.data == 1) continue;
    for (const auto& name : names) {
      HybridSettings s = settings("momentum", 2 * shape.data - 1, false);
      s.two_level = true;
      for (int r = 0; r < ranks(); ++r) s.nodes.push_back(name(r));
      expect_same_bits(shape, s, 2, "", {"peer", ++turn % 2 == 0 ? "auto" : "mpi"});

      s.exchange = turn % 2 == 0 ? "peer" : "auto";
      CudaDevice counted;
      HybridModel model(counted, grid_of(shape), s);
      model.initialize(1);
      const Dataset d = data();
      train(model, d, 0, 2);
      counted.synchronize();
      const unsigned long waits_before = waits_so_far();
      train(model, d, 2, 3);
      const unsigned long waits = waits_so_far() - waits_before;
      const unsigned long between = data_nodes(s, shape, model.grid().place).ranks.size() > 1 ? 2 : 0;
      const unsigned long expected = &cuda_on_cpu_waits ? between + model.grid().last_stage() : 0;
      EXPECT_ON_ALL_RANKS(waits <= expected && waits + 1 >= expected) << told(shape, s) << ": " << waits << " waits, " << expected;
      EXPECT_ON_ALL_RANKS(counted_footprint(counted) == predict_footprint(s, shape, model.grid().place))
          << told(shape, s) << ": " << counted_footprint(counted).exchange << ", " << predict_footprint(s, shape, model.grid().place).exchange;
      // Of three steps. By peers the messages between nodes are in the host's memory, and MPI does not read the GPU's.
      const size_t of_messages = s.exchange == "peer" ? 0 : 3 * between;
      EXPECT_ON_ALL_RANKS(!&cuda_on_cpu_waits || model.waits_for_messages() == of_messages) << told(shape, s) << ": " << model.waits_for_messages();
    }
  }
}

// Says when it begins to read what came from elsewhere.
struct RecordingGpu : CudaDevice {
  void copy(float* to, const float* from, size_t n) override {
    { const TraceRegion begins("read", 0); }
    CudaDevice::copy(to, from, n);
  }
  void begin_copy_in(float* p, size_t n) override {
    { const TraceRegion begins("read", 1); }
    CudaDevice::begin_copy_in(p, n);
  }
};

// Streams that run late would hide it: sums of other nodes, and weights, are read when all messages with them are there.
TEST_F(BetweenGpus, InTwoLevelsMessagesAreWaitedForBeforeTheyAreRead) {
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset d = data();
  HybridSettings s = settings("sgd", ranks(), false);
  s.two_level = true, s.exchange = "peer";
  for (int r = 0; r < ranks(); ++r) s.nodes.push_back(r);  // so that all messages are between nodes
  RecordingGpu gpu;
  HybridModel model(gpu, grid_of({ranks(), 1, 1}), s);
  model.initialize(1);
  const std::vector<Recorded> calls = record([&] { train(model, d, 0, 2); });
  bool waited = true, open = false;
  int reads[2] = {};
  for (const Recorded& call : calls) {
    if (call.what == "MPI_Irecv" || call.what == "MPI_Isend") open = true;
    if (call.what == "MPI_Waitall") open = false;
    if (call.what == "read") waited = waited && !open, ++reads[call.number];
  }
  EXPECT_ON_ALL_RANKS(waited && reads[0] > 0 && reads[1] > 0) << reads[0] << " " << reads[1];
}

TEST_F(BetweenGpus, FastAndLateRanksGiveTheSameBits) {
  FastDevice fast;
  for (const GridShape& shape : shapes()) {
    HybridSettings s = settings("momentum", 2 * shape.data + 1, false);
    const Trained host = train_on(*device, shape, s, 3);
    s.exchange = "auto";
    for (int parity : {0, 1}) {
      const Trained t = train_on(rank() % 2 == parity ? static_cast<Device&>(fast) : *device, shape, s, 3);
      EXPECT_ON_ALL_RANKS(t == host) << told(shape, s) << ": " << compare(t.weights, host.weights);
    }
  }
}

// In a step the hosts of last stages wait once, for the losses, and the others never. A data rank reads its shard of each other's gradients
// and writes its shard of the weights to each other; memory by formula.
TEST_F(BetweenGpus, CostsWhatTheFormulasSay) {
  const Dataset d = data();
  for (const GridShape& shape : shapes())
    for (const char* schedule : {"1f1b", "interleaved", "zb-h1"}) {
      HybridSettings s = settings("adam", 2 * shape.data, false);
      s.schedule = schedule, s.exchange = "peer";
      if (s.schedule == "interleaved") s.chunks = 2;
      if (shape.pipeline > 4 || (s.chunks > 1 && shape.pipeline == 1)) continue;
      CudaDevice counted;
      HybridModel model(counted, grid_of(shape), s);
      model.initialize(1);
      train(model, d, 0, 2);  // these allocate views
      const size_t moved_before = shape.data > 1 ? model.update().moved_between_gpus() : 0;
      counted.synchronize();
      const unsigned long waits_before = waits_so_far();
      train(model, d, 2, 4);
      const unsigned long waits = waits_so_far() - waits_before, expected = &cuda_on_cpu_waits && model.grid().last_stage() ? 2 : 0;
      EXPECT_ON_ALL_RANKS(waits == expected) << told(shape, s) << ": " << waits << " waits in two steps";
      if (shape.data > 1) {
        const size_t shard = model.update().shards().size(model.grid().place.data), others = size_t(shape.data - 1);
        const size_t moved = model.update().moved_between_gpus() - moved_before;
        EXPECT_ON_ALL_RANKS(moved == 2 * 2 * others * shard) << told(shape, s) << ": " << moved;
      }
      const GridFootprint formula = predict_footprint(s, shape, model.grid().place), now = counted_footprint(counted);
      EXPECT_ON_ALL_RANKS(now == formula) << told(shape, s) << ": exchange " << now.exchange << ", " << formula.exchange << "; activations "
                                          << now.activations << ", " << formula.activations;
    }
}

// By a clock that each reading moves on by one: gradients are added, and weights given to all.
TEST_F(BetweenGpus, TimeOfTheUpdateIsWaiting) {
  const Dataset d = data();
  const GridShape shape{ranks(), 1, 1};
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  HybridSettings s = settings("sgd", ranks(), false);
  s.exchange = "peer";
  HybridModel model(*device, grid_of(shape), s);
  model.initialize(1);
  train(model, d, 0, 1);
  const HybridModel::Time before = model.time();
  const double exchanging = model.update().time().exchanging;
  {
    static double now = 0;
    const ClockOfTest known([] { return ++now; });
    train(model, d, 1, 2);
  }
  const HybridModel::Time found = model.time();
  EXPECT_ON_ALL_RANKS(std::abs(model.update().time().exchanging - exchanging - 2) < 1e-6) << model.update().time().exchanging - exchanging;
  const double waited = found.waiting - before.waiting;  // for messages and for the loss, too
  EXPECT_ON_ALL_RANKS(std::abs(waited - 4) < 1e-6) << waited;
  EXPECT_ON_ALL_RANKS(found.copying == before.copying) << found.copying;
}

// By MPI a host waits for its GPU before each message that it sends and each that it will receive, for each sum over slices and, once, for
// the losses; for the gradients that leave and for the new weights, in two levels twice each. A GPU may have nothing left to do then.
TEST_F(BetweenGpus, ByMpiTheHostWaitsAsTheFormulaSays) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  const Dataset d = data();
  for (const GridShape& shape : shapes())
    for (const char* kind : {"1f1b", "interleaved", "two levels"}) {
      HybridSettings s = settings("adam", 2 * shape.data, false);
      s.exchange = "mpi";
      s.two_level = kind == std::string("two levels");
      if (kind == std::string("interleaved")) s.schedule = kind, s.chunks = 2;
      for (int r = 0; r < ranks() && s.two_level; ++r) s.nodes.push_back(r / 2);
      if ((s.chunks > 1 && (shape.pipeline == 1 || shape.pipeline > 4)) || (s.two_level && shape.data == 1)) continue;
      CudaDevice counted;
      HybridModel model(counted, grid_of(shape), s);
      const GridPlace place = model.grid().place;
      model.initialize(1);
      train(model, d, 0, 1);  // this one allocates views
      const size_t told_before = model.waits_for_messages();
      const unsigned long waits_before = waits_so_far();
      train(model, d, 1, 2);
      const size_t told_now = model.waits_for_messages() - told_before;
      const unsigned long waits = waits_so_far() - waits_before;

      size_t of_micro_batch = 0;
      const std::vector<Range> chunks = balanced_chunks(s.sizes, shape.pipeline * s.chunks);
      for (size_t chunk = size_t(place.pipeline); chunk < chunks.size(); chunk += size_t(shape.pipeline)) {
        if (shape.pipeline > 1) of_micro_batch += 2 * ((chunk > 0) + (chunk + 1 < chunks.size()));
        if (shape.tensor > 1) of_micro_batch += chunks[chunk].size() - (chunk == 0 ? 1 : 0);
      }
      const Nodes nodes = data_nodes(s, shape, place);
      const bool apart = s.two_level && nodes.ranks.size() > 1;
      const size_t near = apart ? nodes.ranks[size_t(nodes.node_of[size_t(place.data)])].size() : size_t(shape.data);
      const size_t expected = 2 * of_micro_batch + (near > 1 ? 2 : 0) + (apart ? 2 : 0);
      EXPECT_ON_ALL_RANKS(told_now == expected) << told(shape, s) << ", " << kind << ": " << told_now << ", not " << expected;
      EXPECT_ON_ALL_RANKS(waits <= expected + model.grid().last_stage()) << told(shape, s) << ", " << kind << ": " << waits << " waits";
      EXPECT_ON_ALL_RANKS(counted_footprint(counted) == predict_footprint(s, shape, place))
          << told(shape, s) << ", " << kind << ": " << counted_footprint(counted).exchange << ", " << predict_footprint(s, shape, place).exchange;
    }
}

// How often the host waits for its GPU in a step, at this rank's place: for what leaves it. By micro-batch: a stage's output and the
// gradient of its input, the sums over tensor ranks, the loss. By layer: the gradients that go to their owners, and those that are
// looked at for clipping. And once for new weights. Between GPUs of all that only what data ranks still send, or else once for the
// losses: those of a micro-batch have come with its gradients.
unsigned long waits_of_step(const HybridSettings& s, const GridShape& shape, Range batch) {
  const GridPlace place = grid_of(shape).place;
  const int stages = shape.pipeline, chunks = stages * s.chunks;
  const std::vector<Range> layers = balanced_chunks(s.sizes, chunks);
  unsigned long of_micro_batch = 0, own_layers = 0, with_rows = 0;
  for (int chunk = place.pipeline; chunk < chunks; chunk += stages) {
    const bool last = chunk + 1 == chunks;
    of_micro_batch += (stages > 1 && chunk > 0) + (stages > 1 && !last) + last;
    for (size_t l = layers[size_t(chunk)].first; l < layers[size_t(chunk)].last; ++l, ++own_layers)
      of_micro_batch += shape.tensor > 1 && l > 0;  // cut by rows (1, 3, ...): its output; by columns: its input's gradient
    if (shape.tensor > 1 && last && s.sizes.size() % 2 == 0) of_micro_batch += 2;  // the last layer is cut by columns: a maximum, a sum
  }
  const Range own = share(size_t(s.micro_batches), size_t(shape.data), size_t(place.data));
  for (size_t m = own.first; m < own.last; ++m) with_rows += !share(batch, size_t(s.micro_batches), m).empty();
  const bool late = s.exchange != "host", sends = shape.data > 1 && (!late || s.reproducible || s.gradients_as);
  unsigned long waits = late ? !sends && place.pipeline == stages - 1 && with_rows > 0 : with_rows * of_micro_batch;
  if (s.two_level && !s.reproducible && !late) waits += own_layers;
  else if (sends) waits += own_layers * (s.reproducible ? with_rows : with_rows > 0);
  if (s.optimizer.clip_norm > 0) waits += own_layers;
  return waits + sends;
}

TEST(EveryGrid, WaitsForWhatLeavesItsGpuAlone) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  const Dataset d = data();
  for (const GridShape& shape : shapes())
    for (int kind = 0; kind < (on_one_host() ? 8 : 5); ++kind) {
      if (shape.data == 1 && (kind == 1 || kind == 6)) continue;  // nobody to exchange terms with: as 0 and 7
      HybridSettings s = settings("adam", 2 * shape.data + 1, kind == 1 || kind == 6);
      if (kind == 2 && shape.pipeline <= 4) s.schedule = "interleaved", s.chunks = 2;
      if (kind == 3) s.sizes.erase(s.sizes.begin() + 1);  // seven layers
      if (kind == 3 && shape.pipeline > 7) continue;
      if (kind == 4 && shape.tensor == 1) s.optimizer.clip_norm = 0.2;
      if (kind == 4 && shape.data > 1) s.two_level = true;
      if (kind >= 5) s.exchange = "auto";
      if (kind == 5 && shape.tensor == 1) s.optimizer.clip_norm = 0.2;
      if (kind == 7) s.gradients_as = high_halves;
      HybridModel model(*device, grid_of(shape), s);
      model.initialize(1);
      train(model, d, 0, 1);
      for (const Range batch : {Range{batch_rows, batch_rows + 5}, {0, batch_rows}}) {
        const unsigned long waits = waits_of([&] { model.step(d, permutation(1, 0, d.count), batch); });
        const unsigned long expected = waits_of_step(s, shape, batch);
        EXPECT_ON_ALL_RANKS(waits == expected) << told(shape, s) << ", " << batch.size() << " rows: " << waits << ", expected " << expected;
      }
    }
}

// On two nodes, in one level, no window reaches all data ranks: then they keep what arrives, as through the host.
TEST(Footprint, OfDataRanksOnSeveralNodesHasWhatArrives) {
  HybridSettings s = settings("sgd", 4, false), host = s;
  s.exchange = "peer";
  const size_t shard = stage_shards(stage_layout(s, {4, 1, 1}, {}), 4).size(0);
  const auto exchange = [](const HybridSettings& of) { return predict_footprint(of, {4, 1, 1}, {}).exchange; };
  const size_t images = 4 * size_t(s.rows()) * 17;
  EXPECT_EQ(exchange(s), images);
  s.nodes = {0, 0, 1, 1};
  EXPECT_EQ(exchange(s), images + 4 * 3 * shard);
  EXPECT_EQ(exchange(host), 4 * 3 * shard);
  s.exchange = "mpi";
  EXPECT_EQ(exchange(s), images + 4 * 3 * shard);
}

// The groups of one rank go by MPI or through the host, the others do not mind.
TEST_F(BetweenGpus, WhereOneRankCannotBeReachedItsGroupsGoByMpiOrThroughTheHost) {
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  for (const GridShape& shape : shapes()) {
    HybridSettings s = settings("sgd", 2 * shape.data, false);
    const Trained host = train_on(*device, shape, s, 2);
    s.exchange = "auto";
    const Dataset d = data();
    for (const bool mpi : {false, true}) {
      const MpiTakesPointers on_all(mpi && &cuda_on_cpu_waits);
      DeviceWithoutHandles unreachable(rank() == ranks() - 1);
      std::optional<HybridModel> model;
      const auto open = [&] { model.emplace(unreachable, grid_of(shape), s); };
      const bool stages = shape.pipeline == ranks(), one_group = stages || shape.tensor == ranks() || shape.data == ranks();  // of all
      const std::string what = stages ? "activations go" : shape.tensor == ranks() ? "sums go" : "gradients go";
      if (one_group) expect_told_why(open, stages ? "peer mailbox" : "peer window", what, mpi_takes_pointers);
      else printed_by(open);
      unreachable.gap = 0;
      const HybridModel::Ways ways = model->ways();
      EXPECT_ON_ALL_RANKS(ways.between_gpus == "" && (mpi_takes_pointers ? ways.through_host : ways.by_mpi) == "") << told(shape, s) << ": " << ways.between_gpus;
      model->initialize(1);
      const std::vector<double> losses = train(*model, d, first_step, first_step + 2);
      EXPECT_ON_ALL_RANKS(losses == host.losses && compare(model->weights(), host.weights).same_bits()) << told(shape, s);
    }
  }
}

// In two levels no node adds on its GPUs where another one cannot: rank 0 is told so, whose own node could.
TEST_F(BetweenGpus, WhereOneRankOfAnotherNodeCannotBeReachedAllNodesGoThroughTheHost) {
  if (ranks() < 4) GTEST_SKIP() << "skipped: rank 0's node and another one are to have two ranks each";
  const GridShape shape{ranks(), 1, 1};
  HybridSettings s = settings("sgd", ranks() + 1, false);
  s.two_level = true;
  for (int r = 0; r < ranks(); ++r) s.nodes.push_back(r >= 2);
  const Trained host = train_on(*device, shape, s, 2);
  s.exchange = "auto";
  const Dataset d = data();
  const MpiTakesPointers none(false);
  DeviceWithoutHandles unreachable(rank() == ranks() - 1);
  std::unique_ptr<HybridModel> made;
  const std::string said = printed_by([&] { made = std::make_unique<HybridModel>(unreachable, grid_of(shape), s); });
  unreachable.gap = 0;
  const std::string expected = "another node's GPUs cannot reach each other: gradients go through host memory\n";
  EXPECT_ON_ALL_RANKS(said == (rank() == 0 ? expected : "")) << said;
  EXPECT_ON_ALL_RANKS(made->ways().through_host == "data ranks") << made->ways().through_host;
  made->initialize(1);
  const std::vector<double> losses = train(*made, d, first_step, first_step + 2);
  EXPECT_ON_ALL_RANKS(losses == host.losses && compare(made->weights(), host.weights).same_bits());
}

}  // namespace
