// What chapter 10 claims of the grid: every one of 1 to 8 ranks trains the model of chapter 01; with `reproducible`, data and
// pipeline splits change no bit; evaluation counts exactly; memory is what the formula says.
// ranks: 1 2 3 6 8
// more ranks: 4 5 7
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <numeric>

#include "chapters/01_serial/serial_training.h"
#include "chapters/08_layer_splitting/actions.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "common/error.h"
#include "tests/grid_runs.h"
#include "tests/late_device.h"
#include "tests/node_sums.h"
#include "tests/recorded_calls.h"

namespace {

using namespace grid_runs;

struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;
};

// Chapter 01's loop, on this rank alone.
Trained train_serially(const HybridSettings& s, const Dataset& d, int steps) {
  CpuDevice device;
  SerialTraining training(device, s.sizes, s.optimizer, s.rows(), 1);
  Trained result;
  result.losses = for_each_step(d, 0, steps, [&](const std::vector<uint32_t>& order, Range batch) {
    return training.step(d, order, batch, s.micro_batches);
  });
  result.weights = training.weights();
  return result;
}

size_t count_serially(const std::vector<float>& weights, const Dataset& d) {
  CpuDevice device;
  const Layout layout = make_layout(sizes);
  std::vector<float> parameters = weights;
  Mlp mlp(device, layout, parameters.data(), nullptr, {.rows = 7});
  return count_correct(mlp, d, {0, d.count});
}

int ranks_of_host = 0;  // of the test; 0: as MPI says

}  // namespace

// What the guard calls.
extern "C" int PMPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  static const auto real = reinterpret_cast<int (*)(MPI_Comm, int, int, MPI_Info, MPI_Comm*)>(dlsym(RTLD_NEXT, "PMPI_Comm_split_type"));
  return ranks_of_host > 0 ? PMPI_Comm_split(comm, rank() / ranks_of_host, key, part) : real(comm, type, key, info, part);
}

// ---- the grid ----

TEST(Grid, EveryRankHasOnePlaceAndItsNeighbours) {
  for (const GridShape& shape : shapes_of(ranks())) {
    for (int r = 0; r < ranks(); ++r) EXPECT_EQ(rank_at(place_of(r, shape), shape), r);
    const Grid grid(shape, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(rank_of(grid.data()) == grid.place.data && ranks_of(grid.data()) == shape.data);
    EXPECT_ON_ALL_RANKS(rank_of(grid.pipeline()) == grid.place.pipeline && ranks_of(grid.pipeline()) == shape.pipeline);
    EXPECT_ON_ALL_RANKS(rank_of(grid.tensor()) == grid.place.tensor && ranks_of(grid.tensor()) == shape.tensor);
    // Along one dimension, the two other coordinates are everybody's.
    const GridPlace mine = grid.place;
    GridPlace theirs = mine;
    MPI_CHECK(MPI_Bcast(&theirs, 3, MPI_INT, 0, grid.pipeline()));
    EXPECT_ON_ALL_RANKS(theirs == (GridPlace{mine.data, 0, mine.tensor})) << to_string(shape);
  }
}

// Hosts of two ranks, and of three, where some groups are apart and others are not.
TEST(Grid, SaysWhetherAllTensorRanksAreTogether) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: the guard makes no calls here";
  for (const GridShape& shape : shapes_of(ranks()))
    for (const int of_host : {2, 3}) {
      if (shape.pipeline > 1) continue;
      bool together = true;  // those of a group follow one another
      for (int first = 0; first < ranks(); first += shape.tensor) together = together && first / of_host == (first + shape.tensor - 1) / of_host;
      ranks_of_host = of_host;
      const bool said = grid_of(shape).tensor_ranks_share_hosts();
      ranks_of_host = 0;
      EXPECT_ON_ALL_RANKS(said == together) << to_string(shape) << ", hosts of " << of_host;
    }
}

TEST(Grid, AWrongProductIsOneLine) {
  const std::string error = error_of([] { Grid({2, 3, ranks()}, MPI_COMM_WORLD); });
  const std::string n = std::to_string(ranks());
  EXPECT_ON_ALL_RANKS(error == "--replicas 2 --pipeline 3 --tensor " + n + " is a grid of " + std::to_string(6 * ranks()) + " ranks, there are " + n) << error;
}

// ---- the same model ----

TEST(EveryGrid, BeginsWithTheWeightsOfChapterOne) {
  const Layout layout = make_layout(sizes);
  std::vector<float> initial(layout.count);
  initialize(initial.data(), layout, 1);
  for (const GridShape& shape : shapes_of(ranks())) {
    GridRun run(shape, settings("sgd", 8, false));
    EXPECT_ON_ALL_RANKS(compare(run.model.weights(), initial).same_bits()) << to_string(shape);
  }
}

// Weights that were taken from one grid and given to another.
TEST(EveryGrid, TakesTheWeightsOfAnother) {
  const Dataset d = data();
  GridRun from(shapes_of(ranks()).front(), settings("momentum", 8, false));
  train(from.model, d, 0, 2);
  std::vector<float> memory = from.model.weights();
  const size_t count = memory.size();
  memory.resize(2 * count, NAN);  // what lies behind them is nobody's: the velocities stay as they are
  const std::span<const float> weights(memory.data(), count);
  for (const GridShape& shape : shapes_of(ranks())) {
    GridRun to(shape, settings("momentum", 8, false));
    EXPECT_ON_ALL_RANKS(!compare(to.model.weights(), weights).same_bits());
    to.model.set_weights(weights);
    EXPECT_ON_ALL_RANKS(compare(to.model.weights(), weights).same_bits()) << to_string(shape);
    train(to.model, d, 0, 1);
    EXPECT_ON_ALL_RANKS(compare(to.model.weights(), weights).within(1)) << to_string(shape);
  }
}

// A layer of one neuron, cut by columns: all tensor ranks but one have nothing of it, neither weights nor gradients.
TEST(EveryGrid, MayHaveSlicesWithNothingOfALayer) {
  const Dataset d = data();
  const std::vector<int> narrow = {17, 13, 11, 1, 10};
  const Yardstick y = yardstick("sgd", d, 10, narrow);
  for (const GridShape& shape : shapes_of(ranks())) {
    if (size_t(shape.pipeline) >= narrow.size()) continue;
    HybridSettings s = settings("sgd", 2 * shape.data, false);
    s.sizes = narrow;
    GridRun run(shape, s);
    train(run.model, d, 0, 10);
    expect_within(y, run.model.weights(), told(shape, s));
  }
}

TEST(EveryGrid, StaysWithinTheBoundOfTheSerialRun) {
  const Dataset d = data();
  for (const std::string optimizer : {"sgd", "adam"}) {
    const int steps = optimizer == "sgd" ? 50 : 10;
    const Yardstick y = yardstick(optimizer, d, steps);
    for (const GridShape& shape : shapes_of(ranks())) {
      const HybridSettings s = settings(optimizer, 2 * shape.data + 1, false);
      GridRun run(shape, s);
      const double loss = train(run.model, d, 0, steps).back();
      const std::vector<float> weights = run.model.weights();
      expect_moved(weights, y.serial.initial);
      expect_within(y, weights, told(shape, s));
      // Rounding of weights moves a loss of about 2 by less than that; a loss counted twice or not at all, by itself.
      EXPECT_ON_ALL_RANKS(std::abs(loss - y.serial.loss) <= 1e-4) << told(shape, s) << ": loss " << loss;
    }
  }
}

// Losses and weights of the serial run with the same micro-batches: 5 of them, which most numbers of data ranks do not
// divide, and some exceed; and 30, more than a batch has rows.
TEST(Reproducible, DataAndPipelineSplitsGiveTheBitsOfTheSerialRun) {
  const Dataset d = data();
  for (const std::string optimizer : {"sgd", "momentum", "adam"})
    for (int micro_batches : {5, 30}) {
      if (micro_batches == 30 && optimizer != "adam") continue;
      const int steps = 9;  // into the second epoch
      const HybridSettings s = settings(optimizer, micro_batches, true);
      const Trained serial = train_serially(s, d, steps);
      for (const GridShape& shape : shapes_of(ranks())) {
        if (shape.tensor > 1) continue;
        GridRun run(shape, s);
        const std::vector<double> losses = train(run.model, d, 0, steps);
        const std::vector<float> weights = run.model.weights();
        EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits()) << told(shape, s) << ": " << compare(weights, serial.weights);
        EXPECT_ON_ALL_RANKS(losses == serial.losses) << told(shape, s);
      }
    }
}

TEST(Reproducible, WithTheSameTensorSplitEveryGridGivesTheSameBits) {
  const Dataset d = data();
  const HybridSettings s = settings("momentum", 5, true);
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank splits nothing";
  for (int tensor = 2; tensor <= ranks(); ++tensor) {
    std::vector<float> first;
    for (const GridShape& shape : shapes_of(ranks())) {
      if (shape.tensor != tensor) continue;
      GridRun run(shape, s);
      train(run.model, d, 0, 9);
      const std::vector<float> weights = run.model.weights();
      if (first.empty()) first = weights;
      EXPECT_ON_ALL_RANKS(compare(weights, first).same_bits()) << told(shape, s) << ": " << compare(weights, first);
    }
  }
}

// On every grid, also with sums over tensor ranks inside of what is computed again.
TEST(EveryGrid, ComputesActivationsAgainWithTheSameBits) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks())) {
    HybridSettings s = settings("momentum", 4, false);
    GridRun kept(shape, s);
    train(kept.model, d, 0, 4);
    const std::vector<float> weights = kept.model.weights();
    for (int keep_every : {2, 8}) {
      s.keep_every = keep_every;
      GridRun run(shape, s);
      train(run.model, d, 0, 4);
      const std::vector<float> again = run.model.weights();
      EXPECT_ON_ALL_RANKS(compare(again, weights).same_bits()) << told(shape, s) << ", every " << keep_every;
    }
  }
}

TEST(Reproducible, EveryScheduleGivesTheSameBits) {
  const Dataset d = data();
  const Trained serial = train_serially(settings("sgd", 8, true), d, 4);
  std::vector<GridShape> shapes = shapes_of(ranks());
  std::erase_if(shapes, [](const GridShape& shape) { return shape.tensor > 1 || shape.pipeline == 1 || shape.pipeline > 4; });
  if (shapes.empty()) GTEST_SKIP() << "skipped: so many ranks are no pipelines of two to four stages";
  for (const GridShape& shape : shapes) {
    for (const char* schedule : {"naive", "gpipe", "interleaved", "zb-h1"}) {
      HybridSettings s = settings("sgd", 8, true);
      s.schedule = schedule;
      s.chunks = s.schedule == "interleaved" ? 2 : 1;
      GridRun run(shape, s);
      train(run.model, d, 0, 4);
      EXPECT_ON_ALL_RANKS(compare(run.model.weights(), serial.weights).same_bits()) << told(shape, s);
    }
  }
}

// Backward in halves computes the same numbers in the same order: on every grid the bits of 1f1b, in the memory of the formula.
TEST(EveryGrid, HalvesGiveTheBitsOfWholes) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks()))
    for (bool reproducible : {false, true}) {
      HybridSettings s = settings("momentum", 5, reproducible);
      GridRun whole(shape, s);
      s.schedule = "zb-h1";
      GridRun halves(shape, s);
      train(whole.model, d, 0, 4);
      train(halves.model, d, 0, 4);
      const std::vector<float> expected = whole.model.weights(), weights = halves.model.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << told(shape, s);
      const GridFootprint found = counted_footprint(halves.device), formula = predict_footprint(s, shape, grid_of(shape).place);
      EXPECT_ON_ALL_RANKS(found == formula) << told(shape, s) << ": " << found.activations << ", " << formula.activations;
    }
}

// A limit that every step's gradient exceeds. Its length is that of the whole network, what several slices hold counted once: on every
// grid within the bound of the serial run, and where only rows and layers are split, with its bits; also of several chunks a stage.
TEST(EveryGrid, ClipsTheGradientOfTheWholeNetwork) {
  const Dataset d = data();
  const Yardstick y = yardstick("sgd", d, 9);
  for (bool reproducible : {false, true}) {
    HybridSettings s = settings("sgd", 5, reproducible);
    s.optimizer.clip_norm = 0.1;
    const Trained serial = train_serially(s, d, 9);
    EXPECT_GT(compare(serial.weights, y.serial.weights).relative, 1000 * y.bound.relative) << "the limit changes next to nothing";
    for (const GridShape& shape : shapes_of(ranks())) {
      for (const int chunks : {1, 2}) {
        if (chunks == 2 && (!reproducible || shape.data < ranks())) continue;
        s.chunks = chunks, s.schedule = chunks == 2 ? "interleaved" : "1f1b";
        GridRun run(shape, s);
        train(run.model, d, 0, 9);
        const std::vector<float> weights = run.model.weights();
        const Distance found = compare(weights, serial.weights, y.serial.initial);
        EXPECT_ON_ALL_RANKS(found.max_abs <= y.bound.max_abs && found.relative <= y.bound.relative)
            << told(shape, s) << ": " << found << "; bound " << y.bound.max_abs << ", relative " << y.bound.relative;
        EXPECT_ON_ALL_RANKS(found.same_bits() || !reproducible || shape.tensor > 1) << told(shape, s) << ": " << found;
      }
    }
  }
}

TEST(EveryGrid, WorksWhereEverythingComesAsLateAsItMay) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks()))
    for (bool reproducible : {false, true}) {
      HybridSettings s = settings("adam", 3, reproducible);
      s.optimizer.clip_norm = 0.2;
      GridRun run(shape, s);
      LateDevice device;
      HybridModel staged(device, grid_of(shape), s);
      staged.initialize(1);
      const std::vector<double> losses = train(run.model, d, 0, 4), staged_losses = train(staged, d, 0, 4);
      const std::vector<float> weights = run.model.weights(), staged_weights = staged.weights();
      EXPECT_ON_ALL_RANKS(compare(staged_weights, weights).same_bits()) << told(shape, s);
      EXPECT_ON_ALL_RANKS(staged_losses == losses) << told(shape, s);
      const size_t correct = run.model.count_correct(d), staged_correct = staged.count_correct(d);
      EXPECT_ON_ALL_RANKS(staged_correct == correct) << told(shape, s);
    }
}

// On every grid with stages: the message with the gradient of a chunk's input is posted between the product for that gradient and
// the one for the weights of the same layer, behind the sum over tensor ranks where there is one.
TEST(EveryGrid, SendsTheInputGradientBeforeItComputesThatOfTheWeights) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks())) {
    const HybridSettings s = settings("sgd", 2 * shape.data, false);
    RecordingDevice device;
    HybridModel model(device, grid_of(shape), s);
    model.initialize(1);
    const std::vector<Recorded> calls = record([&] { train(model, d, 0, 1); });
    const GridPlace place = grid_of(shape).place;
    bool between = true;
    int sent = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (calls[i].what != "MPI_Isend" || place.pipeline == 0) continue;
      const bool is_gradient = calls[i].tag == message_tag({Pass::backward, place.pipeline, sent}, shape.pipeline);
      if (!is_gradient || calls[i].peer != place.pipeline - 1) continue;
      ++sent;
      const auto is_product = [](const Recorded& r) { return r.what == "dx" || r.what == "dw"; };
      const auto next = std::find_if(calls.begin() + ptrdiff_t(i), calls.end(), is_product);
      const auto last = std::find_if(calls.rend() - ptrdiff_t(i), calls.rend(), is_product);
      between = between && next != calls.end() && last != calls.rend() && last->what == "dx" && next->what == "dw" &&
                next->number == last->number;
    }
    EXPECT_ON_ALL_RANKS(between && sent == (place.pipeline > 0 ? 2 : 0)) << told(shape, s) << ": " << sent;
  }
}

// Gradients and weights alike.
TEST(EveryGrid, BeginsToSendAtTheRightNeighbour) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset d = data();
  for (bool reproducible : {false, true}) {
    const GridShape shape{ranks(), 1, 1};
    GridRun run(shape, settings("sgd", 2 * ranks(), reproducible));
    const std::vector<Recorded> calls = record([&] { train(run.model, d, 0, 2); });
    EXPECT_ON_ALL_RANKS(begin_at_the_right(calls, "MPI_Isend", rank(), ranks()));
  }
}

// ---- two levels ----

// With 2 micro-batches some ranks have no rows. Of 30 samples each second batch is one row: all ranks but one have gradients from before.
TEST(TwoLevels, AddTheSumsOfNodes) {
  for (const std::vector<int>& nodes : some_nodes())
    for (int micro_batches : {2, ranks(), 2 * ranks() + 1}) {
      const Dataset d = micro_batches == ranks() ? random_dataset(17, 30) : data();
      HybridSettings s = settings("momentum", micro_batches, false);
      s.two_level = true, s.nodes = nodes;
      const std::vector<float> expected = train_by_nodes(s, d, 9);
      const GridShape shape{ranks(), 1, 1};
      for (const bool late : {false, true}) {
        const std::unique_ptr<Device> device = test_device(late ? "late" : "cpu");
        HybridModel model(*device, grid_of(shape), s);
        model.initialize(1);
        train(model, d, 0, 9);
        const std::vector<float> weights = model.weights();
        EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits())
            << told(shape, s) << ", nodes " << testing::PrintToString(nodes) << ": " << compare(weights, expected);
        const GridFootprint found = counted_footprint(*device), formula = predict_footprint(s, shape, grid_of(shape).place);
        EXPECT_ON_ALL_RANKS(found == formula) << told(shape, s) << ": exchange " << found.exchange << ", " << formula.exchange;
      }
    }
}

TEST(TwoLevels, StayWithinTheBoundOnEveryGrid) {
  const Dataset d = data();
  const Yardstick y = yardstick("sgd", d, 9);
  size_t kind = 0;  // of nodes: every grid another one
  for (const GridShape& shape : shapes_of(ranks())) {
    HybridSettings s = settings("sgd", 2 * shape.data + 1, false);
    s.two_level = true, s.nodes = some_nodes()[1 + ++kind % 3];
    GridRun run(shape, s);
    train(run.model, d, 0, 9);
    const std::vector<float> weights = run.model.weights();
    expect_moved(weights, y.serial.initial);
    expect_within(y, weights, told(shape, s) + ", nodes " + testing::PrintToString(s.nodes));
  }
}

// Hosts of two ranks, of which nobody names any: the data ranks ask MPI.
TEST(TwoLevels, TakeTheNodesThatMpiSays) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: the guard makes no calls here";
  if (ranks() == 1) GTEST_SKIP() << "skipped: one rank exchanges nothing";
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks())) {
    if (shape.data == 1) continue;
    HybridSettings s = settings("sgd", 2 * shape.data, false);
    s.two_level = true;
    ranks_of_host = 2;
    GridRun asked(shape, s);
    ranks_of_host = 0;
    for (int r = 0; r < ranks(); ++r) s.nodes.push_back(r / 2);
    GridRun named(shape, s);
    train(asked.model, d, 0, 3), train(named.model, d, 0, 3);
    const std::vector<float> found = asked.model.weights(), expected = named.model.weights();
    EXPECT_ON_ALL_RANKS(compare(found, expected).same_bits()) << told(shape, s);
    EXPECT_ON_ALL_RANKS(counted_footprint(asked.device) == counted_footprint(named.device)) << told(shape, s);
  }
}

// Only weights travel in two levels then.
TEST(TwoLevels, KeepTheBitsOfReproducible) {
  const Dataset d = data();
  size_t kind = 0;
  for (const GridShape& shape : shapes_of(ranks())) {
    HybridSettings s = settings("adam", 5, true);
    GridRun flat(shape, s);
    train(flat.model, d, 0, 5);
    const std::vector<float> expected = flat.model.weights();
    s.two_level = true, s.nodes = some_nodes()[1 + ++kind % 3];
    GridRun run(shape, s);
    train(run.model, d, 0, 5);
    const std::vector<float> weights = run.model.weights();
    EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << told(shape, s) << ", nodes " << testing::PrintToString(s.nodes);
  }
}

// What crosses from node to node in a step of ranks that all share the batch, and the step's whole: on nodes of r ranks one r-th crosses;
// with the order of `reproducible` one r-th of the weights.
TEST(TwoLevels, SendOneShareBetweenNodes) {
  const Dataset d = data();
  const GridShape shape{ranks(), 1, 1};
  for (const std::vector<int>& names : some_nodes()) {
    const auto here = [&](int r) { return names[size_t(r)] == names[size_t(rank())]; };
    const int members = int(std::ranges::count(names, names[size_t(rank())]));
    const size_t nodes = make_nodes(names).ranks.size();
    for (const bool reproducible : {false, true})
      for (const bool two : {false, true}) {
        HybridSettings s = settings("sgd", ranks(), reproducible);
        s.two_level = two, s.nodes = names;
        GridRun run(shape, s);
        const Shards shards = stage_shards(stage_layout(s, shape, grid_of(shape).place), ranks());
        size_t expected = 0;  // floats that leave this rank's node
        for (int r = 0; r < ranks(); ++r)
          expected += here(r) ? shards.size(r) * (two ? nodes - 1 : size_t(ranks() - members))
                              : shards.size(r) * (two && !reproducible ? 1 : size_t(members));
        std::vector<Call> calls;
        log_calls(&calls);
        train(run.model, d, 0, 1);
        log_calls(nullptr);
        size_t mine = 0;
        for (const Call& call : calls) mine += call.to >= 0 && !here(call.to) ? call.sent : 0;
        // Gradients in one level go out by MPI's own calls, which are not logged: by formula.
        for (int r = 0; r < ranks() && !(two && !reproducible); ++r)
          if (r != rank() && !here(r)) mine += shards.size(r);
        std::vector<size_t> all(size_t(ranks()), 0);
        MPI_CHECK(MPI_Allgather(&mine, 1, MPI_UNSIGNED_LONG, all.data(), 1, MPI_UNSIGNED_LONG, MPI_COMM_WORLD));
        size_t leaves = 0;
        for (int r = 0; r < ranks(); ++r) leaves += here(r) ? all[size_t(r)] : 0;
        EXPECT_ON_ALL_RANKS(leaves == expected) << two << reproducible << ": " << leaves << ", " << expected << ", nodes " << testing::PrintToString(names);
      }
  }
}

TEST(EveryGrid, CountsExactlyAsOneRankDoes) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks())) {
    GridRun run(shape, settings("sgd", 4, false));
    train(run.model, d, 0, 7);
    const size_t expected = count_serially(run.model.weights(), d), found = run.model.count_correct(d);
    EXPECT_ON_ALL_RANKS(found == expected) << to_string(shape) << ": " << found << ", expected " << expected;
    EXPECT_ON_ALL_RANKS(found > samples / 10) << found;
  }
}

TEST(EveryGrid, ASignalOfOneRankIsHeardByAll) {
  const Dataset d = data();
  const std::vector<uint32_t> order = permutation(1, 0, d.count);
  for (const GridShape& shape : shapes_of(ranks())) {
    GridRun run(shape, settings("sgd", 2, false));
    EXPECT_ON_ALL_RANKS(run.model.step(d, order, {0, batch_rows}).signal == 0);
    const int mine = rank() == ranks() - 1 ? SIGUSR1 : 0;
    EXPECT_ON_ALL_RANKS(run.model.step(d, order, {0, batch_rows}, mine).signal == SIGUSR1);
    EXPECT_ON_ALL_RANKS(run.model.step(d, order, {0, batch_rows}, rank() == 0 ? SIGTERM : mine).signal == SIGTERM);
  }
}

// One number of one layer, in the sum of the last rank alone: that rank says so, of whichever layer.
TEST(Update, SaysWhetherTheSumsOfAllLayersAreFinite) {
  const Dataset d = data();
  const std::vector<uint32_t> order = permutation(1, 0, d.count);
  CpuDevice device;
  const StageLayout layout = make_stage_layout(sizes, {{0, sizes.size() - 1}}, 1, 0);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  Pipeline pipeline(device, make_schedule("1f1b", 1, 1, 1), layout, parameters, gradients, 1, MPI_COMM_SELF);
  ShardedUpdate update(pipeline, parameters, gradients, {}, ranks(), false, grid_of({ranks(), 1, 1}).data());
  std::vector<Range> rows;
  for (size_t r = 0; r < size_t(ranks()); ++r) rows.push_back({r, r + 1});
  const bool is_last = rank() == ranks() - 1;
  for (size_t layer = 0; layer <= update.shards().units.size(); ++layer) {
    const bool spoiled = layer < update.shards().units.size();
    update.begin(rows);
    pipeline.run(d, order, {&rows[size_t(rank())], 1}, size_t(ranks()));
    // In its own part, which it sends to nobody.
    if (spoiled && is_last) gradients[update.shards().part(layer, rank()).last - 1] = INFINITY;
    update.add_up();
    EXPECT_ON_ALL_RANKS(update.finite() == !(spoiled && is_last)) << layer;
    update.skip_step();
  }
}

// ---- memory ----

TEST(Footprint, FormulaAndCountAreEqualOnEveryGrid) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks()))
    for (const char* optimizer : {"sgd", "adam"})
      for (int micro_batches : {1, 5})
        for (bool reproducible : {false, true}) {
          HybridSettings s = settings(optimizer, micro_batches, reproducible);
          s.keep_every = reproducible ? 1 : micro_batches == 1 ? 2 : 3;
          if (optimizer == std::string("adam") && reproducible && shape.pipeline < 8) s.sizes.erase(s.sizes.begin() + 1);  // split classes
          GridRun run(shape, s);
          train(run.model, d, 0, 1);
          const GridFootprint found = counted_footprint(run.device), formula = predict_footprint(s, shape, grid_of(shape).place);
          EXPECT_ON_ALL_RANKS(found == formula)
              << told(shape, s) << ": parameters " << found.parameters << " and " << formula.parameters << ", gradients "
              << found.gradients << " and " << formula.gradients << ", optimizer " << found.optimizer << " and "
              << formula.optimizer << ", activations " << found.activations << " and " << formula.activations
              << ", exchange " << found.exchange << " and " << formula.exchange;
        }
}
