// What chapter 08 claims of training over stages: every schedule, cut and number of micro-batches gives the bits of the
// serial run with the same micro-batches, and counts, keeps and sends what the formulas say.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/memory.h"
#include "tests/08_stage_runs.h"
#include "tests/recorded_calls.h"

namespace {

using namespace stage_runs;

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

// Fewer micro-batches than stages, as many and one more, many more; in `make test-long` every number.
TEST(Pipeline, EveryScheduleGivesTheBitsOfTheSerialRun) {
  std::set<int> numbers = {1, 2, 3, 7, 12, ranks(), ranks() + 1};
  for (int m = 1; std::getenv("LONG") && m <= 12; ++m) numbers.insert(m);
  for (Training run : every_schedule(ranks(), 16))
    for (const int m : numbers) run.micro_batches = m, expect_serial_bits(run);
}

// The world in two parts of unequal size, at the same time, with ranks in descending order: on 8 ranks 6 and 2 stages.
TEST(Pipeline, TwoPipelinesSideBySide) {
  const bool small = rank() < ranks() / 4;
  MPI_Comm part;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, small, -rank(), &part));
  const Dataset data = random_dataset(13, samples);
  CpuDevice device;
  for (const int micro_batches : {1, 5, 12})
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
        if (device == std::string("late") && keep_every != 3) continue;
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
  const Trained& expected = serial(run, data);
  const bool same = rank() == 0 && compare(trained.weights, expected.weights).same_bits();
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
      EXPECT_ON_ALL_RANKS(counted(Purpose::exchange) == 0 && expected.exchange == 0) << run.text() << ": " << expected.exchange;
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

// Layers of 12; 6, 10, 30 and 42 multiplications. Of the second chunk every second activation is kept: the outputs of its first and third
// layers are computed again.
TEST(Time, TimesByOperationsCountWhatIsComputedAgain) {
  const StepTimes times = times_by_operations({4, 3, 2, 5, 6, 7}, {{0, 1}, {1, 5}}, 2);
  EXPECT_EQ(times.forward, (std::vector<double>{12, 88}));
  EXPECT_EQ(times.backward, (std::vector<double>{12, 2 * 88 + 6 + 30}));
  EXPECT_EQ(times.weights, times.forward);
}

}  // namespace
