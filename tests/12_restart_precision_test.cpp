// Runs in fewer bits on the whole grid: gradients that are scaled, a step that all ranks skip, checkpoints that keep float masters and the
// scale, and restarts in another precision.
// ranks: 1 2 3 4
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/12_restart/checkpoint_file.h"
#include "chapters/12_restart/training_run.h"
#include "tests/grid_runs.h"

namespace {

namespace fs = std::filesystem;
using grid_runs::rank, grid_runs::ranks, grid_runs::shapes_of, grid_runs::settings, grid_runs::batch_rows;

// A rank may overflow on it: the next gradient of a layer, the last one of its stage, begins with `value`.
struct OverflowingDevice : CpuDevice {
  std::optional<float> value;
  bool happened = false;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    CpuDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
    if (!value || in == 0 || out == 0) return;
    dw[0] = *value;
    value.reset();
    happened = true;
  }
};

// A scale of floats is a power of two and changes no bit, also where gradients are clipped: the limit is of the unscaled one.
TEST(Scale, ChangesNoBitOfFloatsOnAnyGrid) {
  const Dataset d = grid_runs::data();
  for (const GridShape& shape : shapes_of(ranks()))
    for (const std::string way : {"plain", "reproducible", "clipped", "two levels"}) {
      HybridSettings s = settings("momentum", 5, way == "reproducible");
      s.optimizer.clip_norm = way == "clipped" ? 0.125 : 0;
      s.two_level = way == "two levels";
      for (int r = 0; r < ranks() && s.two_level; ++r) s.nodes.push_back(r / 2);
      std::vector<float> weights[2], initial;
      std::vector<double> losses[2];
      for (const bool scaled : {false, true}) {
        grid_runs::GridRun run(shape, s);
        initial = run.model.weights();
        LossScale scale({.initial = 0x1p10});
        if (scaled) run.model.scale_gradients(scale);
        losses[scaled] = grid_runs::train(run.model, d, 0, 3);
        weights[scaled] = run.model.weights();
      }
      EXPECT_ON_ALL_RANKS(compare(weights[1], weights[0]).same_bits()) << way << " " << to_string(shape);
      EXPECT_ON_ALL_RANKS(losses[1] == losses[0]) << way << " " << to_string(shape);
      grid_runs::expect_moved(weights[1], initial);
    }
}

// Four steps on the same rows. In the second one a gradient is infinite, or a NaN, on one rank: nobody takes that step, Adam's
// count of steps included, and all halve the scale. What follows is the run without it.
TEST(Scale, IsAgreedByTheWholeGrid) {
  const Dataset d = grid_runs::data();
  const std::vector<uint32_t> order = permutation(1, 0, d.count);
  const HybridSettings s = settings("adam", 5, false);
  struct Step {
    double scale, loss;
    std::vector<float> weights;
  };
  // who: the rank that overflows, -1 for none.
  const auto train = [&](const GridShape& shape, int who, float value, bool& overflowed) {
    OverflowingDevice device;
    HybridModel model(device, grid_runs::grid_of(shape), s);
    model.initialize(1);
    LossScale scale({.initial = 256, .dynamic = true, .good_steps = 2});
    model.scale_gradients(scale);
    std::vector<Step> steps;
    for (int step = 0; step < 4; ++step) {
      if (step == 1 && who == rank()) device.value = value;
      const double loss = model.step(d, order, {0, batch_rows}).loss;
      steps.push_back({scale.value(), loss, model.weights()});
    }
    int happened = device.happened;
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &happened, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
    overflowed = happened > 0;
    return steps;
  };
  for (const GridShape& shape : shapes_of(ranks())) {
    bool overflowed = false;
    const std::vector<Step> good = train(shape, -1, 0, overflowed);
    EXPECT_ON_ALL_RANKS(!overflowed && good[0].weights != good[1].weights && good[3].scale == 1024);
    for (int who = 0; who < ranks(); ++who) {
      const float value = who % 2 == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
      const std::vector<Step> steps = train(shape, who, value, overflowed);
      const std::string where = to_string(shape) + ", rank " + std::to_string(who);
      EXPECT_ON_ALL_RANKS(overflowed) << where;
      EXPECT_ON_ALL_RANKS(steps[0].scale == 256 && steps[1].scale == 128 && steps[2].scale == 128 && steps[3].scale == 256) << where;
      EXPECT_ON_ALL_RANKS(steps[0].weights == good[0].weights && steps[1].weights == good[0].weights) << where;
      EXPECT_ON_ALL_RANKS(steps[2].weights == good[1].weights && steps[3].weights == good[2].weights) << where;
      EXPECT_ON_ALL_RANKS(steps[2].loss == good[1].loss && steps[3].loss == good[2].loss) << where;
    }
  }
}

// Half, from a scale that is too large. Data and pipeline splits have the bits of one rank, which each rank computes for itself.
TEST(Scale, IsFoundAsOnOneRank) {
  const Dataset d = grid_runs::data();
  const HybridSettings s = settings("adam", 5, true);
  const auto train = [&](const Grid& grid, double& found, int64_t& skipped) {
    FewerBitsDevice device("half");
    HybridModel model(device, grid, s);
    model.initialize(1);
    LossScale scale({.initial = 0x1p24, .dynamic = true, .good_steps = 3});
    model.scale_gradients(scale);
    grid_runs::train(model, d, 0, 12);
    found = scale.value();
    skipped = scale.skipped();
    return model.weights();
  };
  double one_scale = 0, scale = 0;
  int64_t one_skipped = 0, skipped = 0;
  const Grid one({1, 1, 1}, MPI_COMM_SELF);
  const std::vector<float> alone = train(one, one_scale, one_skipped);
  EXPECT_ON_ALL_RANKS(one_skipped > 0 && one_skipped < 12) << one_skipped;
  for (const GridShape& shape : shapes_of(ranks())) {
    const std::vector<float> weights = train(grid_runs::grid_of(shape), scale, skipped);
    if (shape.tensor > 1) continue;  // other sums: other bits
    EXPECT_ON_ALL_RANKS(compare(weights, alone).same_bits()) << to_string(shape);
    EXPECT_ON_ALL_RANKS(scale == one_scale && skipped == one_skipped) << to_string(shape) << ", " << scale << ", " << skipped;
  }
}

// 7 batches of 29 rows in an epoch, the last one of 26; two epochs.
class Restart : public testing::Test {
 protected:
  Restart() : data(grid_runs::data()) {
    int id = getpid();
    MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
    folder = testing::TempDir() + "precision_test_" + std::to_string(id);
  }
  ~Restart() override { clear(); }
  void clear() const {
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    if (rank() == 0) fs::remove_all(folder);
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  }

  // Adam's step depends on how many it has taken.
  RestartOptions options(const std::string& precision) const {
    RestartOptions o(ranks());
    o.hidden = {13, 11};
    o.batch = int64_t(batch_rows);
    o.epochs = 2;
    o.optimizer.name = "adam";
    o.optimizer.learning_rate = 0.001;
    o.replicas = ranks(), o.pipeline = o.tensor = 1;
    o.memory_mib = 100;
    o.checkpoint = folder;
    o.disk_patience = 1e9;
    o.precision = precision;
    if (precision != "float") o.loss_scale = {.initial = 0x1p23, .dynamic = true, .good_steps = 4};
    return o;
  }

  struct Ended {
    std::string said, error;  // of this rank
    size_t first_step = 0;
    std::vector<float> weights;
  };
  // The loop of train.cpp. The last rank receives a signal in step `signalled`.
  Ended train(RestartOptions o, size_t signalled = 0) const {
    Ended end;
    testing::internal::CaptureStdout();
    end.error = error_of([&] {
      Dataset train = data;
      o.apply(train, ranks());
      const std::unique_ptr<Device> device = o.make_device(o.device, 0);
      HybridModel model(*device, grid_runs::grid_of(o.grid), o.settings());
      TrainingRun run(o, model, train);
      end.first_step = run.steps();
      int heard = 0;
      for (int epoch = run.first_epoch(); epoch < o.epochs && heard == 0; ++epoch) {
        const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
        for (const Range batch : run.batches_left(epoch)) {
          const bool now = run.steps() + 1 == signalled && rank() == ranks() - 1;
          heard = model.step(train, order, batch, now ? SIGTERM : 0).signal;
          run.step();
          if (heard != 0) break;
        }
        if (heard == 0) run.epoch();
      }
      if (heard != 0) run.stop(heard);
      else run.end();
      end.weights = model.weights();
    });
    end.said = testing::internal::GetCapturedStdout();
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    return end;
  }
  Ended resumed(RestartOptions o, size_t signalled = 0) const {
    o.resume = true;
    return train(o, signalled);
  }
  std::string file(size_t step) const { return folder + "/step_" + (step < 10 ? "0000000" : "000000") + std::to_string(step); }
  CheckpointHeader header(size_t step) const { return check_checkpoint(file(step), MPI_COMM_WORLD); }

  const Dataset data;
  std::string folder;
};

std::string value(const CheckpointHeader& h, const std::string& name) { return h.option(name) ? *h.option(name) : "none"; }
std::string last_words(const std::string& said) {
  const size_t begin = said.rfind("precision ");
  return begin == std::string::npos ? "" : said.substr(begin, said.find('\n', begin) - begin);
}

TEST_F(Restart, GoesOnWithItsScale) {
  RestartOptions whole = options("half");
  whole.checkpoint = "";
  const Ended undisturbed = train(whole);
  EXPECT_ON_ALL_RANKS(rank() != 0 || last_words(undisturbed.said).starts_with("precision half: loss scale ")) << undisturbed.said;
  for (const size_t at : {size_t{3}, size_t{8}, size_t{10}}) {
    train(options("half"), at);
    const CheckpointHeader h = header(at);
    EXPECT_ON_ALL_RANKS(value(h, "precision") == "half" && value(h, "loss-scale") != "8388608" && value(h, "skipped-steps") != "none");
    const Ended rest = resumed(options("half"));
    EXPECT_ON_ALL_RANKS(rest.error.empty() && rest.first_step == at) << rest.error;
    EXPECT_ON_ALL_RANKS(compare(rest.weights, undisturbed.weights).same_bits()) << at;
    EXPECT_ON_ALL_RANKS(last_words(rest.said) == last_words(undisturbed.said)) << rest.said;
    clear();
  }
}

// Floats are scaled where that is asked for, which changes no bit; the scale is told and saved as any other.
TEST_F(Restart, ScalesFloatsWhereThatIsAsked) {
  RestartOptions o = options("float");
  o.checkpoint = "";
  const Ended plain = train(o);
  EXPECT_ON_ALL_RANKS(last_words(plain.said) == "") << plain.said;
  o.loss_scale = {.initial = 1, .dynamic = true, .good_steps = 4};
  const Ended dynamic = train(o);
  EXPECT_ON_ALL_RANKS(rank() != 0 || last_words(dynamic.said) == "precision float: loss scale 8 in the end, 0 of 14 steps skipped") << dynamic.said;
  o.loss_scale = {.initial = 4};
  o.checkpoint = folder;
  const Ended fixed = train(o);
  EXPECT_ON_ALL_RANKS(rank() != 0 || last_words(fixed.said) == "precision float: loss scale 4 in the end, 0 of 14 steps skipped") << fixed.said;
  EXPECT_ON_ALL_RANKS(value(header(14), "loss-scale") == "4");
  for (const Ended& end : {dynamic, fixed}) EXPECT_ON_ALL_RANKS(end.error.empty() && compare(end.weights, plain.weights).same_bits()) << end.error;
}

// A float run goes on from the masters of a half run, with as many steps behind it as were taken; and the other way round.
TEST_F(Restart, InAnotherPrecisionGoesOnFromTheMasters) {
  train(options("half"), 8);
  const std::string skipped = value(header(8), "skipped-steps");
  EXPECT_ON_ALL_RANKS(skipped != "none");

  // By hand: what the file says, and chapter 10's model.
  CpuDevice cpu;
  RestartOptions o = options("float");
  o.checkpoint = "";
  Dataset d = data;
  testing::internal::CaptureStdout();
  o.apply(d, ranks());
  testing::internal::GetCapturedStdout();
  HybridModel model(cpu, grid_runs::grid_of(o.grid), o.settings());
  read_checkpoint(file(8), cpu, model.segments_to_read(), MPI_COMM_WORLD);
  model.set_steps(8 - std::stoul("0" + skipped));
  grid_runs::train(model, d, 8, 14);

  Ended rest = resumed(options("float"), 11);
  EXPECT_ON_ALL_RANKS(rest.error.empty() && rest.first_step == 8) << rest.error;
  EXPECT_ON_ALL_RANKS(rank() != 0 || rest.said.find("--precision float: " + file(8) + " was written with --precision half; its weights are "
                                                    "floats, which the run goes on with\n") != std::string::npos) << rest.said;
  EXPECT_ON_ALL_RANKS(rest.said.find("loss scale") == std::string::npos);
  const CheckpointHeader h = header(11);
  EXPECT_ON_ALL_RANKS(value(h, "precision") == "none" && value(h, "loss-scale") == "none" && value(h, "skipped-steps") == skipped);
  rest = resumed(options("float"));
  EXPECT_ON_ALL_RANKS(rest.said.find("--precision") == std::string::npos) << rest.said;
  EXPECT_ON_ALL_RANKS(compare(rest.weights, model.weights()).same_bits());

  // With nothing left to do the weights are the file's, unrounded.
  const Ended nothing = resumed(options("bf16"));
  EXPECT_ON_ALL_RANKS(nothing.first_step == 14 && compare(nothing.weights, model.weights()).same_bits());
  RestartOptions longer = options("bf16");
  longer.epochs = 3;
  const Ended more = resumed(longer);
  EXPECT_ON_ALL_RANKS(more.error.empty() && !compare(more.weights, model.weights()).same_bits()) << more.error;
  EXPECT_ON_ALL_RANKS(rank() != 0 || last_words(more.said) == "precision bf16: loss scale 16777216 in the end, " + skipped + " of 21 steps skipped")
      << more.said;
}

// Gradients of bf16 between data ranks: the same bits after a break, and other ones without; a run may go on with the other kind.
TEST_F(Restart, GoesOnWithItsMessages) {
  RestartOptions o = options("bf16"), whole = o;
  o.messages = whole.messages = "bf16";
  whole.checkpoint = "";
  const Ended undisturbed = train(whole);
  whole.messages = "float";
  EXPECT_ON_ALL_RANKS(compare(undisturbed.weights, train(whole).weights).same_bits() == (ranks() == 1));
  train(o, 8);
  EXPECT_ON_ALL_RANKS(value(header(8), "messages") == "bf16");
  RestartOptions floats = options("bf16");
  const Ended other = resumed(floats, 9);
  EXPECT_ON_ALL_RANKS(rank() != 0 || other.said.find("--messages float: " + file(8) + " was written with --messages bf16; its weights are "
                                                     "floats, which the run goes on with\n") != std::string::npos) << other.said;
  EXPECT_ON_ALL_RANKS(value(header(9), "messages") == "none");
  clear();
  train(o, 8);
  const Ended rest = resumed(o);
  EXPECT_ON_ALL_RANKS(rest.error.empty() && rest.first_step == 8 && rest.said.find("--messages") == std::string::npos) << rest.said;
  EXPECT_ON_ALL_RANKS(compare(rest.weights, undisturbed.weights).same_bits());
}

// The grid is chosen by what it will need: half of the bytes of activations, and of gradients on their way.
TEST(Plan, KnowsThePrecision) {
  for (const std::string precision : {"float", "bf16", "half"})
    for (const std::string messages : {"float", "bf16"}) {
      RestartOptions o(ranks());
      o.hidden = {13, 11}, o.batch = 64, o.memory_mib = 100, o.precision = precision, o.messages = messages;
      Dataset d = grid_runs::data();
      testing::internal::CaptureStdout();
      o.apply(d, ranks());
      testing::internal::GetCapturedStdout();
      const HybridSettings s = o.settings();
      EXPECT_ON_ALL_RANKS(s.activation_bytes == (precision == "float" ? 4 : 2));
      EXPECT_ON_ALL_RANKS(s.gradients_as.has_value() == (messages == "bf16"));
    }
}

TEST_F(Restart, RefusesWhatDoesNotFit) {
  RestartOptions o = options("half");
  o.compare_with_serial = true;
  EXPECT_ON_ALL_RANKS(train(o).error == "--compare-with-serial: the serial run computes in float, not in half");
  o = options("half");
  o.loss_scale.initial = 3;
  EXPECT_ON_ALL_RANKS(train(o).error == "--loss-scale: must be a power of two, or it would round the gradients");
  o = options("float");
  o.messages = "bf16", o.compare_with_serial = true;
  EXPECT_ON_ALL_RANKS(train(o).error == "--compare-with-serial: the serial run adds gradients in float, not in bf16");
}

}  // namespace
