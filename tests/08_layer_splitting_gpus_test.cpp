// Pipelines on GPUs, or on the CPU that stands in for them (chapter 08): the bits of the serial run by every way between stages, and how
// often a host waits.
// ranks: 1 2 3 5
// more ranks: 4 7 8
#include <gtest/gtest.h>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/08_layer_splitting/memory.h"
#include "tests/08_stage_runs.h"
#include "tests/device_waits.h"
#include "tests/device_without_handles.h"
#include "tests/mpi_from_gpus.h"

namespace {

using namespace stage_runs;

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
      for (const auto& [micro_batches, keep_every] : {std::pair{1, 1}, {12, 1}, {7, 2}}) {
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
  for (const bool but_the_first : {false, true})  // then what goes forward would have had a mailbox, and what comes back none
    for (const std::string way : {"peer", "auto"}) {
      run.exchange = way;
      const MpiTakesPointers on_all(&cuda_on_cpu_waits);
      DeviceWithoutHandles unreachable(rank() == ranks() - 1, but_the_first);
      std::optional<Stage> stage;
      const bool by_mpi = way == "auto" && mpi_takes_pointers;
      const auto open = [&] { stage.emplace(unreachable, run, schedule_of(run, MPI_COMM_WORLD), MPI_COMM_WORLD); };
      expect_told_why(open, "peer mailbox", "activations go", by_mpi);
      unreachable.gap = 0;
      EXPECT_ON_ALL_RANKS(!stage->pipeline.between_gpus() && stage->pipeline.by_mpi() == by_mpi);
      EXPECT_ON_ALL_RANKS(stage->pipeline.waits_late() || unreachable.memory(Purpose::exchange).live == 0);
      std::vector<double> losses;
      for (const Range batch : batches(data.count, run.batch)) {
        losses.push_back(stage->pipeline.step(data, in_order(data), batch));
        stage->optimizer.step(stage->parameters, stage->gradients);
      }
      const std::vector<float> weights = stage->all_weights();
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
  const Pipeline unasked(*device, by_host.pipeline.schedule(), by_host.layout, by_host.parameters, by_host.gradients, 10, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(!unasked.between_gpus() && !unasked.by_mpi());

  // The last stage's head must be asked for each loss before the next one.
  std::unique_ptr<PipelineHead> head;
  if (by_host.pipeline.last_stage()) head = std::make_unique<SoftmaxPipelineHead>(*device, 10, 1);
  const Pipeline asked_at_once(*device, by_host.pipeline.schedule(), by_host.layout, by_host.parameters, by_host.gradients, 10, MPI_COMM_WORLD,
                               "auto", std::move(head));
  EXPECT_ON_ALL_RANKS(!asked_at_once.between_gpus() && !asked_at_once.by_mpi() && !asked_at_once.waits_late());
}

}  // namespace
