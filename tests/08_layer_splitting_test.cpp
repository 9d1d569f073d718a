// What chapter 08 claims of training over stages: every schedule, cut and number of micro-batches gives the bits of the
// serial run with the same micro-batches, and counts, keeps and sends what the formulas say.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/memory.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "tests/device_waits.h"
#include "tests/device_without_handles.h"
#include "tests/late_device.h"
#include "tests/micro_batches.h"
#include "tests/mpi_expect.h"
#include "tests/mpi_from_gpus.h"
#include "tests/recorded_calls.h"

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

// Sixteen layers, no two neighbours alike.
const std::vector<int> sixteen_layers = {13, 11, 9, 12, 7, 10, 8, 11, 9, 14, 10, 12, 8, 9, 11, 13, 10};

// 29 rows, then 9: fewer than twelve micro-batches want.
constexpr size_t samples = 38, batch_rows = 29;

struct Training {
  std::string schedule = "1f1b";
  int chunks = 1, micro_batches = 1, keep_every = 1;
  std::vector<int> sizes = sixteen_layers;
  std::string device = "cpu";
  size_t rows = samples, batch = batch_rows;
  std::string exchange = "host";
  std::string text() const {
    return schedule + ", " + std::to_string(chunks) + " chunks, " + std::to_string(micro_batches) + " micro-batches on " + device;
  }
};

struct Trained {
  std::vector<float> initial, weights;
  std::vector<double> losses;  // of the steps
  size_t correct = 0;          // of all samples, afterwards
};

const OptimizerOptions rule = {.name = "momentum", .learning_rate = 0.05};

std::vector<uint32_t> in_order(const Dataset& data) {
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// Chapter 01's loop, on this rank alone.
Trained train_serially(const Training& run, const Dataset& data) {
  const std::unique_ptr<Device> device = test_device(run.device);
  const Layout layout = make_layout(run.sizes);
  const Buffer parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
  Trained result{std::vector<float>(layout.count), std::vector<float>(layout.count), {}, 0};
  initialize(result.initial.data(), layout, 1);
  device->copy_in(parameters.data(), result.initial.data(), layout.count);
  const Space space{.rows = int(run.batch)};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, rule, layout.count);
  const std::vector<uint32_t> order = in_order(data);
  for (const Range batch : batches(data.count, run.batch)) {
    const double loss = gradients_of(mlp, head, data, order, batch, run.micro_batches);
    optimizer.step(parameters, gradients);
    result.losses.push_back(loss);
  }
  result.correct = count_correct(mlp, data, {0, data.count});
  device->copy_out(result.weights.data(), parameters.data(), layout.count);
  return result;
}

// A stage of a pipeline with its optimizer.
struct Stage {
  Stage(Device& device, const Training& run, const Schedule& schedule, MPI_Comm comm)
      : device(device),
        layout(make_stage_layout(run.sizes, balanced_chunks(run.sizes, schedule.chunks()), schedule.stages, rank_of(comm))),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        pipeline(device, schedule, layout, parameters, gradients,
                 (int(run.batch) + run.micro_batches - 1) / run.micro_batches, comm, run.exchange),
        optimizer(device, rule, layout.count) {
    std::vector<float> weights(layout.count);
    initialize(weights.data(), layout, 1);
    device.copy_in(parameters.data(), weights.data(), layout.count);
  }
  std::vector<float> all_weights() {
    std::vector<float> weights(layout.count);
    device.copy_out(weights.data(), parameters.data(), layout.count);
    return gather_weights(weights, layout, pipeline.communicator());
  }
  Device& device;
  StageLayout layout;
  Buffer<> parameters, gradients;
  Pipeline pipeline;
  Optimizer optimizer;
};

Schedule schedule_of(const Training& run, MPI_Comm comm) {
  Schedule schedule = make_schedule(run.schedule, ranks_of(comm), run.chunks, run.micro_batches);
  schedule.keep_every = run.keep_every;
  return schedule;
}

// The weights are there on rank 0 of comm only.
Trained train_in_pipeline(const Training& run, const Schedule& schedule, const Dataset& data, Device& device, MPI_Comm comm,
                          const Hooks& hooks = {}) {
  Stage stage(device, run, schedule, comm);
  Hooks& used = stage.pipeline.mlp(0).hooks;
  const auto sends_early = used.after_input_gradient;
  used = hooks;
  if (check(schedule).holds()) used.after_input_gradient = sends_early;  // where slots are shared, they say the rows of another micro-batch
  const std::vector<uint32_t> order = in_order(data);
  Trained result;
  result.initial = stage.all_weights();
  for (const Range batch : batches(data.count, run.batch)) {
    result.losses.push_back(stage.pipeline.step(data, order, batch));
    stage.optimizer.step(stage.parameters, stage.gradients);
  }
  result.correct = stage.pipeline.count_correct(data);
  result.weights = stage.all_weights();
  return result;
}

// The same for every run with these micro-batches, and dear enough to keep.
const Trained& serial(const Training& run, const Dataset& data) {
  static std::map<std::tuple<int, std::vector<int>, std::string, size_t>, Trained> known;
  const auto [place, first] = known.insert({{run.micro_batches, run.sizes, run.device, data.count}, {}});
  if (first) place->second = train_serially(run, data);
  return place->second;
}

// Whether this rank sees the serial run's losses and counts, and rank 0 of comm its weights.
bool same_bits(const Trained& a, const Trained& b, MPI_Comm comm) {
  if (a.losses != b.losses || a.correct != b.correct) return false;
  return rank_of(comm) != 0 || (compare(a.initial, b.initial).same_bits() && compare(a.weights, b.weights).same_bits());
}

void expect_serial_bits(const Training& run, MPI_Comm comm = MPI_COMM_WORLD) {
  const Dataset data = random_dataset(size_t(run.sizes[0]), run.rows);
  const std::unique_ptr<Device> device = test_device(run.device);
  const Trained trained = train_in_pipeline(run, schedule_of(run, comm), data, *device, comm);
  const Trained& expected = serial(run, data);
  EXPECT_ON_RANKS_OF(comm, same_bits(trained, expected, comm)) << run.text() << ", " << ranks_of(comm) << " stages";
}

std::vector<Training> every_schedule(int stages, int layers) {
  std::vector<Training> runs;
  for (const std::string& name : schedule_names)
    if (name != "interleaved") runs.push_back({.schedule = name});
  for (int chunks : {2, 3})
    if (stages * chunks <= layers) runs.push_back({.schedule = "interleaved", .chunks = chunks});
  return runs;
}

// --- The same bits ---------------------------------------------------------------------------------------------------

TEST(Pipeline, TheComparisonIsOfSomething) {
  const Dataset data = random_dataset(13, samples);
  const Trained& one = serial({.micro_batches = 1}, data);
  const Layout layout = make_layout(sixteen_layers);
  for (const Layer& layer : layout.layers) {
    const Range range = layer.range();
    const auto of = [&](const std::vector<float>& all) { return std::span(all).subspan(range.first, range.size()); };
    EXPECT_FALSE(compare(of(one.weights), of(one.initial)).same_bits()) << "layer " << layer.index << " did not move";
  }
  EXPECT_FALSE(compare(one.weights, serial({.micro_batches = 3}, data).weights).same_bits())
      << "another order of sums should give other bits, or the equality of bits says little";
}

TEST(Pipeline, EveryScheduleGivesTheBitsOfTheSerialRun) {
  for (Training run : every_schedule(ranks(), 16))
    for (run.micro_batches = 1; run.micro_batches <= 12; ++run.micro_batches) expect_serial_bits(run);
}

// The world in two parts of unequal size, at the same time, with ranks in descending order: on 8 ranks 6 and 2 stages.
TEST(Pipeline, TwoPipelinesSideBySide) {
  const bool small = rank() < ranks() / 4;
  MPI_Comm part;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, small, -rank(), &part));
  const Dataset data = random_dataset(13, samples);
  CpuDevice device;
  for (int micro_batches = 1; micro_batches <= 12; ++micro_batches)
    for (const std::string& name : schedule_names) {
      const Training run{.schedule = name, .chunks = name == "interleaved" ? 2 : 1, .micro_batches = micro_batches};
      const Trained trained = train_in_pipeline(run, schedule_of(run, part), data, device, part);
      EXPECT_ON_ALL_RANKS(same_bits(trained, serial(run, data), part)) << run.text();
    }
  MPI_CHECK(MPI_Comm_free(&part));
}

// Activations that are computed again are the same ones: every 2nd, every 3rd, or of each chunk only the input and the output kept.
TEST(Pipeline, ComputesActivationsAgainWithTheSameBits) {
  for (Training run : every_schedule(ranks(), 16))
    for (int keep_every : {2, 3, 16})
      for (const char* device : {"cpu", "late"}) {
        if (run.schedule == "zb-h1") continue;  // keeps all
        run.micro_batches = 7;
        run.keep_every = keep_every;
        run.device = device;
        expect_serial_bits(run);
      }
}

// Counts products by their weights.
struct ForwardCounter : CpuDevice {
  std::map<const float*, int> products;
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    ++products[w];
    CpuDevice::linear_forward(y, x, w, b, a, rows, in, out);
  }
};

// With gpipe another micro-batch came between forward and backward of each. So every layer is computed once for each micro-batch, and
// once more if its output is not kept.
TEST(Pipeline, ComputesOnlyAgainWhatIsNotKept) {
  const Dataset data = random_dataset(13, samples);
  const int m = 5;
  for (int keep_every : {1, 2, 3, 16}) {
    const Training run{.schedule = "gpipe", .micro_batches = m, .keep_every = keep_every};
    ForwardCounter device;
    Stage stage(device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
    stage.pipeline.step(data, in_order(data), {0, batch_rows});
    const Layout& chunk = stage.layout.chunks[0];
    const int depth = int(chunk.layers.size());
    bool right = true;
    for (int l = 0; l < depth; ++l) {
      const bool kept = l + 1 == depth || (l + 1) % keep_every == 0;
      right = right && device.products[stage.pipeline.mlp(0).parameters(l)] == (kept ? m : 2 * m);
    }
    EXPECT_ON_ALL_RANKS(right) << "every " << keep_every;
  }
}

// Where everything comes as late as it may.
TEST(Pipeline, EveryScheduleGivesTheBitsOfTheSerialRunOnALateDevice) {
  for (Training run : every_schedule(ranks(), 16))
    for (int micro_batches : {1, 3, 8}) {
      run.micro_batches = micro_batches;
      run.device = "late";
      expect_serial_bits(run);
    }
}

// One layer a chunk, where the ranks divide sixteen.
TEST(Pipeline, AsManyChunksAsThereCanBe) {
  for (int micro_batches : {1, 3, ranks(), 12})
    expect_serial_bits({.schedule = "interleaved", .chunks = 16 / ranks(), .micro_batches = micro_batches});
}

// Kernels instead of loops, streams, and messages through pinned memory.
TEST(Pipeline, EveryScheduleGivesTheBitsOfTheSerialRunOnCuda) {
  try {
    make_device("cuda");
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  for (Training run : every_schedule(ranks(), 16))
    for (int micro_batches : {3, 8}) {
      run.micro_batches = micro_batches;
      run.device = "cuda";
      expect_serial_bits(run);
    }
}

// In a step the host waits for each message that leaves the GPU, and on the last stage for the loss of each micro-batch. For nothing
// else: not at the end of a pass, not for a place in which a message may arrive. The second batch has too few rows for twelve.
TEST(Pipeline, WaitsForMessagesAndLossesAlone) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  const Dataset data = random_dataset(13, samples);
  for (Training run : every_schedule(ranks(), 16))
    for (int micro_batches : {1, 3, 12}) {
      run.micro_batches = micro_batches;
      Stage stage(*device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
      const int chunks = ranks() * run.chunks;
      const auto step = [&](Range batch) {
        stage.pipeline.step(data, in_order(data), batch);
        stage.optimizer.step(stage.parameters, stage.gradients);
      };
      step({0, batch_rows});
      for (const Range batch : {Range{0, batch_rows}, {batch_rows, samples}, {0, batch_rows}}) {
        unsigned long expected = 0;
        for (int chunk = rank(); chunk < chunks; chunk += ranks())
          expected += (ranks() > 1 && chunk > 0) + (ranks() > 1 && chunk + 1 < chunks) + (chunk + 1 == chunks);
        expected *= std::min(size_t(micro_batches), batch.size());
        const unsigned long waits = waits_of([&] { step(batch); });
        EXPECT_ON_ALL_RANKS(waits == expected) << run.text() << ", " << batch.size() << " rows: " << waits << ", expected " << expected;
      }
    }
}

// What a widespread mistake does: one receive buffer for all micro-batches. The program neither hangs nor stops learning.
// gpipe shows it, with all micro-batches in flight.
TEST(Pipeline, OneBufferForAllMicroBatchesTrainsSomethingElse) {
  const Dataset data = random_dataset(13, samples);
  const Training run{.schedule = "gpipe", .chunks = 1, .micro_batches = 4};
  Schedule schedule = schedule_of(run, MPI_COMM_WORLD);
  for (int& slots : schedule.slots) slots = 1;
  EXPECT_FALSE(check(schedule).holds());
  CpuDevice device;
  const Trained trained = train_in_pipeline(run, schedule, data, device, MPI_COMM_WORLD);
  const bool same = rank() == 0 && compare(trained.weights, serial(run, data).weights).same_bits();
  EXPECT_ON_ALL_RANKS(!same) << "the comparison of bits does not see a shared buffer";
}

// Stages that come late to their receives, and messages too long for MPI to put them aside: each is fetched from the slot
// of its micro-batch long after it was sent.
TEST(Pipeline, MessagesKeepTheirDataUntilTheyAreFetched) {
  for (const char* schedule : {"naive", "gpipe", "1f1b", "zb-h1"}) {
    Training run{.schedule = schedule, .micro_batches = 7, .rows = 1400, .batch = 1400};
    run.sizes.assign(10, 128);  // 200 rows: 100 KB a message
    run.sizes.front() = 13;
    const Dataset data = random_dataset(13, run.rows);
    const auto come_late = [](int, int) { usleep(1000); };
    const Hooks late{.before_forward = come_late, .after_forward = {}, .before_backward = come_late, .after_input_gradient = {}, .after_backward = {}};
    CpuDevice device;
    const Trained trained =
        train_in_pipeline(run, schedule_of(run, MPI_COMM_WORLD), data, device, MPI_COMM_WORLD, rank() % 2 == 1 ? late : Hooks());
    EXPECT_ON_ALL_RANKS(same_bits(trained, serial(run, data), MPI_COMM_WORLD)) << run.text();
  }
}

// --- Between GPUs ----------------------------------------------------------------------------------------------------

// Stages that write into the memory of each other's GPUs. Without GPUs common/cuda_on_cpu lets every stream run as late as it may.
class BetweenGpus : public testing::Test {
 protected:
  void SetUp() override {
    if (ranks() == 1) GTEST_SKIP() << "skipped: one rank sends nothing";
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
    try {
      device = std::make_unique<CudaDevice>();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  // On a GPU it is not up to a test what MPI takes.
  static std::vector<std::string> ways() { return &cuda_on_cpu_waits ? std::vector<std::string>{"peer", "mpi"} : std::vector<std::string>{"peer"}; }
  const MpiTakesPointers so{true};
  std::unique_ptr<CudaDevice> device;
};

TEST_F(BetweenGpus, EveryScheduleGivesTheBitsOfTheSerialRun) {
  const Dataset data = random_dataset(13, samples);
  for (const std::string& way : ways())
    for (Training run : every_schedule(ranks(), 16))
      for (const auto& [micro_batches, keep_every] : {std::pair{1, 1}, {3, 1}, {12, 1}, {7, 2}}) {
        if (run.schedule == "zb-h1" && keep_every > 1) continue;
        run.micro_batches = micro_batches, run.keep_every = keep_every;
        run.device = "cuda", run.exchange = way;
        const Trained trained = train_in_pipeline(run, schedule_of(run, MPI_COMM_WORLD), data, *device, MPI_COMM_WORLD);
        EXPECT_ON_ALL_RANKS(same_bits(trained, serial(run, data), MPI_COMM_WORLD)) << run.text() << ", " << way;
      }
}

// Every second stage's GPU does everything at once, before and behind each layer: neighbours of a late one are fast.
TEST_F(BetweenGpus, FastAndLateStagesGiveTheSameBits) {
  const Dataset data = random_dataset(13, samples);
  const auto at_once = [&](int, int) { device->synchronize(); };
  const Hooks fast{.before_forward = at_once, .after_forward = at_once, .before_backward = at_once, .after_input_gradient = {},
                   .after_backward = at_once};
  for (const int parity : {0, 1})
    for (Training run : every_schedule(ranks(), 16)) {
      run.micro_batches = 8;
      run.device = "cuda", run.exchange = parity == 0 ? "auto" : ways().back();
      const Hooks hooks = rank() % 2 == parity ? fast : Hooks();
      const Trained trained = train_in_pipeline(run, schedule_of(run, MPI_COMM_WORLD), data, *device, MPI_COMM_WORLD, hooks);
      EXPECT_ON_ALL_RANKS(same_bits(trained, serial(run, data), MPI_COMM_WORLD)) << run.text();
    }
}

// In a step the host of the last stage waits for its GPU once, where it reads the losses, and the others never. A message in each
// direction at every cut for each micro-batch, with two tokens of the hosts; memory by formula.
TEST_F(BetweenGpus, CostsWhatTheFormulasSay) {
  const Dataset data = random_dataset(13, samples);
  for (Training run : every_schedule(ranks(), 16))
    for (int micro_batches : {1, 3, 8}) {
      run.micro_batches = micro_batches, run.exchange = "peer";
      device->reset_peaks();
      const Schedule schedule = schedule_of(run, MPI_COMM_WORLD);
      Stage stage(*device, run, schedule, MPI_COMM_WORLD);
      Pipeline& pipeline = stage.pipeline;
      ASSERT_ON_ALL_RANKS(pipeline.between_gpus());
      stage.pipeline.step(data, in_order(data), {0, batch_rows});  // this one allocates views
      stage.optimizer.step(stage.parameters, stage.gradients);
      const PeerMailbox::Count before[2] = {pipeline.counted(Pass::forward), pipeline.counted(Pass::backward)};
      const unsigned long waits_before = &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0;
      stage.pipeline.step(data, in_order(data), {0, batch_rows});
      stage.optimizer.step(stage.parameters, stage.gradients);
      const unsigned long waits = &cuda_on_cpu_waits ? cuda_on_cpu_waits - waits_before : pipeline.last_stage();
      EXPECT_ON_ALL_RANKS(waits == (pipeline.last_stage() ? 1u : 0u)) << run.text() << ": " << waits << " waits";

      size_t cuts[2] = {0, 0}, floats[2] = {0, 0}, from_before = 0, from_behind = 0;  // by pass: where this stage sends
      for (size_t i = 0; i < stage.layout.chunks.size(); ++i) {
        const int chunk = int(i) * ranks() + rank();
        const size_t in = size_t(stage.layout.chunks[i].in()), out = size_t(stage.layout.chunks[i].out());
        if (chunk + 1 < schedule.chunks()) ++cuts[0], floats[0] += out * batch_rows, from_behind = std::max(from_behind, out);
        if (chunk > 0) ++cuts[1], floats[1] += in * batch_rows, from_before = std::max(from_before, in);
      }
      for (const Pass pass : {Pass::forward, Pass::backward}) {
        const PeerMailbox::Count &now = pipeline.counted(pass), &then = before[size_t(pass)];
        const size_t m = size_t(micro_batches), sent = m * cuts[size_t(pass)], received = m * cuts[1 - size_t(pass)];
        EXPECT_ON_ALL_RANKS(now.sent - then.sent == sent) << run.text() << ": " << now.sent - then.sent << ", not " << sent;
        EXPECT_ON_ALL_RANKS(now.floats - then.floats == floats[size_t(pass)]) << run.text();
        EXPECT_ON_ALL_RANKS(now.tokens - then.tokens == sent + received) << run.text() << ": " << now.tokens - then.tokens;
      }

      const size_t rows = (batch_rows + size_t(micro_batches) - 1) / size_t(micro_batches);
      const size_t boxes = 4 * 2 * rows * (from_before + from_behind), images = rank() == 0 ? 4 * rows * size_t(micro_batches) * 13 : 0;
      const StageMemory formula = predict_memory(schedule, stage.layout, rank(), int(rows), stage.optimizer.state_vectors(), true);
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == boxes + images) << run.text();
      EXPECT_ON_ALL_RANKS(formula.exchange == boxes + images) << run.text();
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::activations).live == formula.activations) << run.text();
    }
}

// By MPI the host waits before each message that it sends, and before memory is given to one that it will receive; and for the losses. No
// box: a message comes to where it is needed.
TEST_F(BetweenGpus, ByMpiTheHostWaitsForItsGpuAsTheFormulaSays) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  const Dataset data = random_dataset(13, samples);
  for (Training run : every_schedule(ranks(), 16))
    for (int micro_batches : {1, 3, 8}) {
      run.micro_batches = micro_batches, run.exchange = "mpi";
      const Schedule schedule = schedule_of(run, MPI_COMM_WORLD);
      Stage stage(*device, run, schedule, MPI_COMM_WORLD);
      Pipeline& pipeline = stage.pipeline;
      ASSERT_ON_ALL_RANKS(pipeline.by_mpi() && !pipeline.between_gpus());
      unsigned long counted = 0, waits = 0;
      for (int step = 0; step < 2; ++step) {  // the first one allocates views
        counted = pipeline.waits_for_messages(), waits = cuda_on_cpu_waits;
        pipeline.step(data, in_order(data), {0, batch_rows});
        stage.optimizer.step(stage.parameters, stage.gradients);
      }
      counted = pipeline.waits_for_messages() - counted, waits = cuda_on_cpu_waits - waits;
      size_t sent = 0;  // and as many are received
      for (int chunk = rank(); chunk < schedule.chunks(); chunk += ranks()) sent += size_t(micro_batches) * ((chunk > 0) + (chunk + 1 < schedule.chunks()));
      EXPECT_ON_ALL_RANKS(counted == 2 * sent) << run.text() << ": " << counted << ", not " << 2 * sent;
      // Before it receives, a GPU may have nothing left to do; before it sends it has.
      const unsigned long of_loss = pipeline.last_stage() ? 1 : 0;
      EXPECT_ON_ALL_RANKS(waits >= sent && waits <= 2 * sent + of_loss) << run.text() << ": " << waits << " waits, " << sent << " sent";
      const size_t rows = (batch_rows + size_t(micro_batches) - 1) / size_t(micro_batches);
      const size_t images = rank() == 0 ? 4 * rows * size_t(micro_batches) * 13 : 0;
      const StageMemory formula = predict_memory(schedule, stage.layout, rank(), int(rows), stage.optimizer.state_vectors(), true, true);
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == images && formula.exchange == images) << run.text();
    }
}

TEST_F(BetweenGpus, WhereOneStageCannotBeReachedAllGoByMpiOrThroughTheHost) {
  const Dataset data = random_dataset(13, samples);
  Training run{.micro_batches = 3, .device = "cuda"};
  for (const std::string way : {"peer", "auto"}) {
    run.exchange = way;
    const MpiTakesPointers on_all(&cuda_on_cpu_waits);
    DeviceWithoutHandles unreachable(rank() == ranks() - 1);
    Stage stage(unreachable, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
    unreachable.gap = 0;
    EXPECT_ON_ALL_RANKS(!stage.pipeline.between_gpus() && stage.pipeline.by_mpi() == (way == "auto" && mpi_takes_pointers));
    EXPECT_ON_ALL_RANKS(stage.pipeline.waits_late() || unreachable.memory(Purpose::exchange).live == 0);
    std::vector<double> losses;
    for (const Range batch : batches(data.count, run.batch)) {
      losses.push_back(stage.pipeline.step(data, in_order(data), batch));
      stage.optimizer.step(stage.parameters, stage.gradients);
    }
    const std::vector<float> weights = stage.all_weights();
    EXPECT_ON_ALL_RANKS(losses == serial(run, data).losses);
    EXPECT_ON_ALL_RANKS(rank() != 0 || compare(weights, serial(run, data).weights).same_bits());
  }

  // One stage is on a CPU; or the choice is another one.
  CpuDevice cpu;
  Stage mixed(rank() == 0 ? static_cast<Device&>(cpu) : *device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
  run.exchange = "host";
  Stage by_host(*device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
  for (const Stage* stage : {&mixed, &by_host})
    EXPECT_ON_ALL_RANKS(!stage->pipeline.between_gpus() && !stage->pipeline.by_mpi());
}

// --- In which order ----------------------------------------------------------------------------------------------------

// What a step puts between other steps: its products, and its message: behind the last dx, before the last dw. In halves: all dx, and
// the message, are one step, all dw are another.
std::vector<std::string> expected_of(const Step& step, const Schedule& schedule, const Layout& chunk) {
  if (step.pass == Pass::forward) return step.chunk + 1 < schedule.chunks() ? std::vector<std::string>{"send " + text_of(step)} : std::vector<std::string>{};
  std::vector<std::string> all;
  const bool dx = step.pass == Pass::backward, dw = !schedule.halves || !dx;
  for (size_t l = chunk.layers.size(); l-- > 0;) {
    const std::string product = std::to_string(100 * chunk.layers[l].in + chunk.layers[l].out);
    if (dx && (l > 0 || step.chunk > 0)) all.push_back("dx " + product);
    if (dx && l == 0 && step.chunk > 0) all.push_back("send " + text_of(step));
    if (dw) all.push_back("dw " + product);
  }
  return all;
}

// The gradient of a chunk's input is in MPI's hands before the product for its first layer's weights begins; a receive is posted
// before all other work of the stage, or as soon as the micro-batch that had its slot is through; that for a gradient behind the forward
// step that it comes back to.
TEST(Order, InputGradientsLeaveFirstAndReceivesAreThereBeforeTheyAreNeeded) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank sends nothing";
  const Dataset data = random_dataset(13, samples);
  for (const Training& run : {Training{.schedule = "gpipe", .micro_batches = 5}, Training{.micro_batches = 9},
                              Training{.schedule = "interleaved", .chunks = 2, .micro_batches = 7},
                              Training{.schedule = "zb-h1", .micro_batches = 9}}) {
    const Schedule schedule = schedule_of(run, MPI_COMM_WORLD);
    RecordingDevice device;
    Stage stage(device, run, schedule, MPI_COMM_WORLD);
    const std::vector<Recorded> recorded = record([&] { stage.pipeline.step(data, in_order(data), {0, batch_rows}); });

    std::map<int, Step> step_of_tag;
    for (int chunk = 0; chunk < schedule.chunks(); ++chunk)
      for (int m = 0; m < run.micro_batches; ++m)
        for (const Pass pass : {Pass::forward, Pass::backward}) step_of_tag[message_tag({pass, chunk, m}, schedule.chunks())] = {pass, chunk, m};
    std::vector<std::string> found, expected, posted;
    std::map<std::string, size_t> posted_at;  // how much of `found` was there
    for (const Recorded& r : recorded) {
      if (r.what == "dx" || r.what == "dw") found.push_back(r.what + " " + std::to_string(r.number));
      if (r.what == "MPI_Isend") found.push_back("send " + text_of(step_of_tag.at(r.tag)));
      if (r.what == "MPI_Irecv") posted_at[text_of(step_of_tag.at(r.tag))] = found.size();
    }
    std::map<std::pair<int, int>, size_t> left;  // by chunk and micro-batch: how much was there behind its forward, then backward step
    size_t receives = 0;
    bool early = true;
    for (const Step& step : schedule.steps[size_t(rank())]) {
      for (const std::string& what : expected_of(step, schedule, stage.layout.chunks[size_t(step.chunk / ranks())])) expected.push_back(what);
      const size_t behind_forward = left[{step.chunk, step.micro_batch}];
      if (step.pass == schedule.last_pass() || step.pass == Pass::forward) left[{step.chunk, step.micro_batch}] = expected.size();
      if (step.pass == Pass::weights) continue;
      Step source = step;
      source.chunk += step.pass == Pass::forward ? -1 : 1;
      if (source.chunk < 0 || source.chunk == schedule.chunks()) continue;
      ++receives;
      const int had_slot = step.micro_batch - schedule.slots[size_t(step.chunk)];
      const size_t free_at = step.pass == Pass::backward ? behind_forward : had_slot < 0 ? 0 : left.at({step.chunk, had_slot});
      early = early && posted_at.contains(text_of(source)) && posted_at.at(text_of(source)) == free_at;
    }
    EXPECT_ON_ALL_RANKS(found == expected) << run.text();
    EXPECT_ON_ALL_RANKS(early && posted_at.size() == receives) << run.text();
  }
}

// --- Parts of a batch, and what others hang on to a pipeline --------------------------------------------------------------

// A pipeline that has only some rows of the batch (chapter 10: another one has the others) leaves their part of the sum.
TEST(Pipeline, RunsOnSomeRowsOfABatch) {
  const Dataset data = random_dataset(13, samples);
  const std::vector<uint32_t> order = in_order(data);
  CpuDevice device;
  const Training run{.micro_batches = 3};
  Stage stage(device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
  const std::vector<Range> rows = {{2, 5}, {5, 5}, {11, 13}};
  const double loss = stage.pipeline.run(data, order, rows, batch_rows);

  const Layout layout = make_layout(sixteen_layers);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  const Space space{.rows = 10};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  double expected = 0;
  for (const Range& part : {rows[0], rows[2]}) {
    load_images(mlp, data, order, part);
    head.load_labels(data, order, part);
    mlp.forward(int(part.size()));
    head.backward(mlp, batch_rows);
    mlp.backward(part.first == 2 ? Write::overwrite : Write::accumulate);
    expected += head.loss(mlp, batch_rows);
  }
  EXPECT_ON_ALL_RANKS(loss == (stage.pipeline.last_stage() ? expected : 0.0)) << loss << ", " << expected;
  bool same = true;
  for (size_t c = 0; c < stage.layout.chunks.size(); ++c) {
    const size_t n = stage.layout.chunks[c].count;
    same = same && compare({stage.gradients + stage.layout.offsets[c], n}, {gradients + stage.layout.whole[c].first, n}).same_bits();
  }
  EXPECT_ON_ALL_RANKS(same);
}

TEST(Pipeline, WithoutAnyRowsTheGradientsAreZero) {
  const Dataset data = random_dataset(13, samples);
  CpuDevice device;
  const Training run{.micro_batches = 3};
  Stage stage(device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
  device.fill(stage.gradients, 5, stage.layout.count);
  int complete = 0;
  stage.pipeline.hooks.gradients_complete = [&](int) { ++complete; };
  EXPECT_EQ(stage.pipeline.run(data, in_order(data), std::vector<Range>(3, Range{4, 4}), batch_rows), 0);
  const std::vector<float> zero(stage.layout.count);
  EXPECT_ON_ALL_RANKS(compare({stage.gradients.data(), zero.size()}, zero).same_bits());
  EXPECT_ON_ALL_RANKS(complete == stage.pipeline.chunks());
}

// Gradients of a chunk are complete exactly when its last micro-batch with rows has passed; each micro-batch passes once. In halves,
// all this is about the second one.
void expect_hooks(const Training& run) {
  const Dataset data = random_dataset(13, samples);
  CpuDevice device;
  Stage stage(device, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD);
  std::vector<std::vector<int>> begun(size_t(run.chunks)), ended(begun.size());
  std::vector<int> complete;
  bool good = true;
  stage.pipeline.hooks.before_backward = [&](int chunk, int m) {
    begun[size_t(chunk)].push_back(m);
    return begun[size_t(chunk)].size() == 1 ? Write::overwrite : Write::accumulate;
  };
  stage.pipeline.hooks.after_backward = [&](int chunk, int m) { ended[size_t(chunk)].push_back(m); };
  stage.pipeline.hooks.gradients_complete = [&](int chunk) {
    complete.push_back(chunk);
    good = good && ended[size_t(chunk)] == std::vector<int>{0, 2, 3};
  };
  const std::vector<Range> rows = {{0, 4}, {4, 4}, {4, 9}, {9, 12}, {12, 12}};
  stage.pipeline.run(data, in_order(data), rows, batch_rows);
  EXPECT_ON_ALL_RANKS(good);
  EXPECT_ON_ALL_RANKS(begun == ended);
  EXPECT_ON_ALL_RANKS(complete == (run.chunks == 2 ? std::vector<int>{1, 0} : std::vector<int>{0}));
}

TEST(Pipeline, HooksTellWhenGradientsAreComplete) {
  expect_hooks({.schedule = "interleaved", .chunks = 2, .micro_batches = 5});
  expect_hooks({.schedule = "zb-h1", .micro_batches = 5});
}

// Whoever places the gradients elsewhere for each micro-batch (chapter 10) finds there what this micro-batch has to say, and no other.
TEST(Pipeline, HalvesWriteWhereTheHookOfTheirMicroBatchSays) {
  const Dataset data = random_dataset(13, samples);
  const Training run{.schedule = "zb-h1", .micro_batches = 4};
  const auto terms_of = [&](const std::string& name) {
    CpuDevice device;
    Training named = run;
    named.schedule = name;
    Stage stage(device, named, schedule_of(named, MPI_COMM_WORLD), MPI_COMM_WORLD);
    const size_t n = stage.layout.count;
    std::vector<float> terms(4 * n);
    Mlp& mlp = stage.pipeline.mlp(0);
    stage.pipeline.hooks.before_backward = [&](int, int m) {
      for (int l = 0; l < mlp.depth(); ++l) mlp.place_gradients(l, terms.data() + size_t(m) * n + mlp.layout().layers[size_t(l)].range().first);
      return Write::overwrite;
    };
    stage.pipeline.step(data, in_order(data), {0, batch_rows});
    return terms;
  };
  EXPECT_ON_ALL_RANKS(compare(terms_of("zb-h1"), terms_of("1f1b")).same_bits());
}

TEST(Pipeline, RefusesAScheduleForOtherRanks) {
  CpuDevice device;
  const Training run{.micro_batches = 2};
  EXPECT_EQ(error_of([&] { Stage(device, run, make_schedule("gpipe", ranks() + 1, 1, 2), MPI_COMM_WORLD); }),
            "pipeline: a schedule for " + std::to_string(ranks() + 1) + " stages on " + std::to_string(ranks()) + " ranks");
}

// --- What it costs ---------------------------------------------------------------------------------------------------

TEST(Memory, CountedAndPredictedAreEqual) {
  const Dataset data = random_dataset(13, samples);
  for (Training run : every_schedule(ranks(), 16))
    for (const auto& [micro_batches, keep_every] : {std::pair{1, 1}, {3, 1}, {8, 1}, {1, 2}, {3, 3}, {8, 2}, {8, 16}}) {
      run.micro_batches = micro_batches;
      run.keep_every = keep_every;
      if (run.schedule == "zb-h1" && keep_every > 1) continue;
      CpuDevice device;
      const Schedule schedule = schedule_of(run, MPI_COMM_WORLD);
      Stage stage(device, run, schedule, MPI_COMM_WORLD);
      stage.pipeline.step(data, in_order(data), {0, batch_rows});
      stage.pipeline.count_correct(data);
      const int rows = (int(batch_rows) + micro_batches - 1) / micro_batches;
      const StageMemory expected = predict_memory(schedule, stage.layout, rank(), rows, stage.optimizer.state_vectors());
      const auto counted = [&](Purpose purpose) { return device.memory(purpose).peak; };
      EXPECT_ON_ALL_RANKS(counted(Purpose::activations) == expected.activations)
          << run.text() << ": " << counted(Purpose::activations) << ", " << expected.activations;
      EXPECT_ON_ALL_RANKS(counted(Purpose::parameters) == expected.parameters) << run.text();
      EXPECT_ON_ALL_RANKS(counted(Purpose::gradients) == expected.gradients) << run.text();
      EXPECT_ON_ALL_RANKS(counted(Purpose::optimizer) == expected.optimizer) << run.text();
    }
}

// The example of the text: a stage of four layers, all 100 wide, with 10 slots of 5 rows. All activations: a slot has 5, and the
// gradients of the first and the last. Every second one: 3, and one place between them for all slots. Only the ends: 2, and three places.
TEST(Memory, OfActivationsThatAreComputedAgain) {
  const Layout chunk = make_layout({100, 100, 100, 100, 100});
  EXPECT_EQ(chunk_activations(chunk, 10, 5, false, 1), 500u * (10 * 7 + 2));
  EXPECT_EQ(chunk_activations(chunk, 10, 5, false, 2), 500u * (10 * 5 + 1 + 2));
  EXPECT_EQ(chunk_activations(chunk, 10, 5, false, 4), 500u * (10 * 4 + 3 + 2));

  std::vector<int> sizes(9, 512);
  sizes.front() = 784, sizes.push_back(10);
  Schedule gpipe = make_schedule("gpipe", 4, 1, 8);
  gpipe.keep_every = 2;
  const StageLayout stage = make_stage_layout(sizes, balanced_chunks(sizes, 4), 4, 1);
  EXPECT_EQ(predict_memory(gpipe, stage, 1, 128, 0).activations, 9175040u);
}

// The formula itself, in floats: two layers of width 4 on the first of two stages, 3 rows a micro-batch.
TEST(Memory, FormulaInNumbers) {
  const std::vector<int> sizes(5, 4);
  const std::vector<Range> chunks = balanced_chunks(sizes, 2);
  const auto activations = [&](const std::string& name, int stage) {
    return predict_memory(make_schedule(name, 2, 1, 8), make_stage_layout(sizes, chunks, 2, stage), stage, 3, 0).activations;
  };
  const size_t inner = 2 * 3 * 4, first = 3 * (3 * 4 + 4), last = 3 * (3 * 4 + 4 + 4 + 2);
  EXPECT_EQ(activations("naive", 0), 4 * (inner + first));
  EXPECT_EQ(activations("1f1b", 0), 4 * (inner + 2 * first));
  EXPECT_EQ(activations("1f1b", 1), 4 * (inner + last));
  EXPECT_EQ(activations("gpipe", 1), 4 * (inner + 8 * last));
  EXPECT_EQ(activations("zb-h1", 0), 4 * (2 * (first + 3 * 4)));  // and the gradient between the two layers
  EXPECT_EQ(activations("zb-h1", 1), 4 * (2 * (last + 3 * 4)));
}

TEST(Time, MeasuredIdleShareCountsAllStages) {
  const PipelineTime before{.computing = 1, .total = 3};
  // Every rank r computed for r of 10 seconds.
  const PipelineTime after{.computing = 1.0 + rank(), .total = 13};
  const double idle = measured_idle(before, after, MPI_COMM_WORLD);
  EXPECT_NEAR(idle, 1 - (ranks() - 1) / 2.0 / 10, 1e-12);
  EXPECT_EQ(measured_idle({}, {}, MPI_COMM_WORLD), 0);
}

TEST(Time, TimesByOperationsCountNoGradientOfTheInput) {
  const StepTimes times = times_by_operations({4, 3, 2}, {{0, 1}, {1, 2}});
  EXPECT_EQ(times.forward, (std::vector<double>{12, 6}));
  EXPECT_EQ(times.backward, (std::vector<double>{12, 12}));
  EXPECT_EQ(times.weights, (std::vector<double>{12, 6}));  // so the first half of the first chunk takes no time
}

}  // namespace
