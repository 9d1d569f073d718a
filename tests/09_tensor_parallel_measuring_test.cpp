// What chapter 09 measures and reports, with clocks that are known beforehand: where the time goes, a run's last lines, the turns of
// the benchmark and its tables. All of it is computed another way here.
// ranks: 2 3
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <sstream>

#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/09_tensor_parallel/contenders.h"
#include "chapters/09_tensor_parallel/crossover.h"
#include "chapters/09_tensor_parallel/slices.h"
#include "chapters/09_tensor_parallel/split_evaluation.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"
#include "chapters/09_tensor_parallel/tensor_report.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"
#include "common/writable.h"
#include "tests/known_share.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/options_told.h"
#include "tests/tensor_runs.h"

namespace bench_program {
// A calibration takes seconds, and is tested in chapter 05: a message of the test takes a microsecond, and a nanosecond a byte.
struct CalibrationOfTest {
  int rounds = 0;
  explicit CalibrationOfTest(MPI_Comm) {}
  void round() { ++rounds; }
  Machine fit() const {
    const Curve line = {{1e12, 1e-6 * rounds, 1e-9}};
    return {line, line, line};
  }
};
int slept = 0;
void sleep_of_test(MPI_Comm comm) { ++slept, sleep_until_all_are_here(comm); }
#define Calibration CalibrationOfTest
#define sleep_until_all_are_here sleep_of_test
#include "chapters/09_tensor_parallel/bench.cpp"
#undef Calibration
#undef sleep_until_all_are_here
}

namespace {

using namespace bench_program;

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

int run(int program(MpiSession&, int, char**), const std::vector<std::string>& options, std::string& printed) {
  Arguments arguments(options);
  int status = -1;
  printed = printed_by([&] { status = program(*session_of_test, arguments.count(), arguments.values()); });
  return status;
}

double sorted_at(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[size_t(share * double(values.size() - 1))];
}

// --- Where the time goes -------------------------------------------------------------------------------------------------

struct Slice_ {
  TensorOptions o{rank(), ranks()};
  const Dataset data = random_dataset(17, 40);
  CpuDevice device;
  Layout layout;
  Buffer<> parameters, gradients;
  Mlp mlp;
  TensorParallel tensor;
  SplitSoftmaxHead head;
  std::vector<uint32_t> order;

  explicit Slice_(const std::vector<int64_t>& hidden)
      : layout((o.hidden = hidden, o.batch = 40, o.layout(data))),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        mlp(device, layout, parameters, gradients, {.rows = 40}),
        tensor(mlp),
        head(tensor, {.rows = 40}),
        order(40) {
    initialize(parameters, layout, 1);
    std::iota(order.begin(), order.end(), 0u);
  }
  double step() {
    load_images(mlp, data, order, {0, 40});
    head.load_labels(data, order, {0, 40});
    mlp.forward(40);
    head.backward(mlp, 40);
    mlp.backward(Write::overwrite);
    return head.loss(mlp, 40);
  }
};

// A sum or a maximum, in pieces: a copy out, and for each piece the exchange and a copy in.
void known_exchange(ExchangeTime& time, KnownClock& clock, int pieces = 1) {
  time.copying += clock.section();
  for (int piece = 0; piece < pieces; ++piece) {
    time.exchanging += clock.section();
    time.copying += clock.section();
  }
}

TEST(Time, OfEachKindIsWhatTheClockSays) {
  Slice_ slice({12, 9});
  KnownClock clock(rank());
  ExchangeTime expected;
  float numbers[5] = {1, 2, 3, 4, 5};
  {
    const ClockOfTest known{clock};
    slice.tensor.sum(numbers, 5);
    slice.tensor.maximum(numbers, 5);
    slice.tensor.sum(numbers, 0);
    slice.tensor.sum(1.5);
    slice.step();
  }
  known_exchange(expected, clock);
  known_exchange(expected, clock);
  expected.exchanging += clock.section();
  for (int i = 0; i < 1 + 2; ++i) known_exchange(expected, clock);  // of layer 1; the maximum and the sum of the head
  expected.copying += clock.section();  // of layer 2's dx: a copy out, the beginning of its sum, the end, a copy in
  expected.exchanging += clock.section();
  const int columns = slice.layout.layers[2].out, panels = (columns + matmul_shape().tile_columns - 1) / matmul_shape().tile_columns;
  for (int panel = 0; panel < panels && ranks() > 1; ++panel) expected.exchanging += clock.section();  // while dw is computed
  expected.exchanging += clock.section();
  expected.copying += clock.section();
  expected.exchanging += clock.section();                          // the loss
  EXPECT_ON_ALL_RANKS(slice.tensor.time().exchanging == expected.exchanging);
  EXPECT_ON_ALL_RANKS(slice.tensor.time().copying == expected.copying);
}

TEST(Time, OfPiecesIsTheirSum) {
  LateDevice late;
  tensor_runs::Trainer t(late, {35, 23, 10}, {.rows = 4}, "rank-order", MPI_COMM_WORLD, "host", 2);
  const Buffer p(late, 5, Purpose::activations);
  late.fill(p, 1, 5);
  KnownClock clock(rank());
  ExchangeTime expected;
  {
    const ClockOfTest known{clock};
    t.tensor.sum(p, 5);
  }
  known_exchange(expected, clock, 3);
  EXPECT_ON_ALL_RANKS(t.tensor.time().exchanging == expected.exchanging && t.tensor.time().copying == expected.copying);
}

// --- The report ----------------------------------------------------------------------------------------------------------

TEST(Report, TellsCutSharesAndMemory) {
  Slice_ slice({260, 240, 150});
  slice.o.epochs = 2;
  slice.o.optimizer.name = "adam";
  const Optimizer optimizer(slice.device, slice.o.optimizer, slice.layout.count);
  double exchanging = 0, copying = 0, seconds = 0;
  const std::string printed = printed_by([&] {
    const ClockOfTest known{KnownClock(rank())};
    TensorReport report(slice.o, slice.data, slice.tensor);
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (int i = 0; i < 2; ++i) {
        const ExchangeTime before = slice.tensor.time();
        const double loss = slice.step();
        exchanging += slice.tensor.time().exchanging - before.exchanging, copying += slice.tensor.time().copying - before.copying;
        report.step(loss, 40);
      }
      report.epoch(epoch, count_correct_split(slice.tensor, slice.data, {0, 40}), 40);
    }
    seconds = report.train_seconds();
    EXPECT_EQ(report.end({slice.parameters.data(), slice.layout.count}), 0);
  });
  std::vector<double> mine = {seconds - exchanging - copying, exchanging, copying, seconds}, all(4 * size_t(ranks()));
  MPI_CHECK(MPI_Allgather(mine.data(), 4, MPI_DOUBLE, all.data(), 4, MPI_DOUBLE, MPI_COMM_WORLD));
  if (rank() != 0) {
    EXPECT_EQ(printed, "");
    return;
  }
  double sum[4] = {};
  size_t busiest = 0;
  for (size_t r = 0; r < size_t(ranks()); ++r) {
    for (size_t i = 0; i < 4; ++i) sum[i] += all[4 * r + i];
    if (all[4 * r] > all[4 * busiest]) busiest = r;
  }
  const auto part = [](int n) { return n / ranks(); };  // slice 0 has the smaller part
  const int here = 18 * part(260) + (part(260) + 1) * 240 + 241 * part(150) + (part(150) + 1) * 10,
            parameters = 18 * 260 + 261 * 240 + 241 * 150 + 151 * 10;
  const auto activations = [&](auto of) {  // the text's formula: every layer's output, the last again, two of the widest inside, the head
    const int widths[5] = {17, of(260), 240, of(150), 10};
    return 40 * (widths[0] + widths[1] + widths[2] + widths[3] + widths[4] + widths[4] + 2 * std::max(widths[1], 240) + 2);
  };
  const auto mb = [](int floats) { return 4e-6 * floats; };
  const std::string cut = line("\n%d ranks, allreduce rank-order; rank 0 has 17 x %d, %d x 240, 240 x %d, %d x 10: %d of %d parameters\n", ranks(),
                               part(260), part(260), part(150), part(150), here, parameters);
  EXPECT_TRUE(contains(printed, cut)) << cut << printed;
  const std::string end =
      line("\ntime: computing %.1f %%, waiting %.1f %%, copying %.1f %%; rank %zu computed longest, %.1f %%\n", 100 * sum[0] / sum[3],
           100 * sum[1] / sum[3], 100 * sum[2] / sum[3], busiest, 100 * all[4 * busiest] / all[4 * busiest + 3]) +
      line("memory of rank 0 (of the serial program), MB: parameters %.2f (%.2f), gradients %.2f (%.2f), optimizer %.2f (%.2f), "
           "activations %.2f (%.2f)\n", mb(here), mb(parameters), mb(here), mb(parameters), mb(2 * here), mb(2 * parameters),
           mb(activations(part)), mb(activations([](int n) { return n; }))) +
      "distance to the serial run: not measured (--compare-with-serial does)\n";
  EXPECT_TRUE(printed.ends_with(end)) << end << printed;
}

// --- The benchmark's turns -------------------------------------------------------------------------------------------------

// At least one step, at most nine, as many as make 1e9 operations; short ones are warmed up. The median of all but that.
TEST(Bench, TimesSomeStepsAndTakesTheirMedian) {
  const auto expect = [](int width, int rows, int calls, int timed) {
    int called = 0;
    KnownClock clock(5);
    double found = 0;
    {
      const ClockOfTest known{clock};
      found = time_steps({.width = width, .rows = rows}, [&] { ++called; });
    }
    std::vector<double> seconds;
    for (int i = 0; i < timed; ++i) seconds.push_back(clock.section());
    EXPECT_EQ(called, calls) << width;
    EXPECT_EQ(found, sorted_at(seconds, 0.5));
  };
  expect(10, 10, 10, 9);
  expect(1000, 10, 5, 4);     // 0.22e9 operations
  expect(1000, 50, 2, 1);     // 1.1e9
  expect(10000, 2, 2, 1);     // 4.4e9
  expect(10000, 3, 1, 1);     // 6.6e9
}

// How often this rank reads the clock meanwhile.
template <class Work>
int readings_of(Work work) {
  static int readings = 0;
  const ClockOfTest counting([] { return double(++readings); });
  readings = 0;
  work();
  return readings;
}

TEST(Bench, GivesEachItsTurn) {
  Contenders contenders(24, 8, *session_of_test);
  EXPECT_ON_ALL_RANKS((contenders.serial != nullptr) == (rank() == 0));
  static int serial_steps = 0;
  struct Counting : SerialContender {
    using SerialContender::SerialContender;
    void step(size_t rows) override { ++serial_steps, SerialContender::step(rows); }
  };
  if (rank() == 0) contenders.serial = std::make_unique<Counting>(contenders.dataset);
  int of_step[2] = {readings_of([&] { contenders.data->step(8); }), readings_of([&] { contenders.tensor->step(8); })};
  int of_exchange[2] = {readings_of([&] { contenders.data->exchange(8); }), readings_of([&] { contenders.tensor->exchange(8); })};
  // Two sums forward, two backward, and of the split classes a maximum and a sum: six readings each, and two around each but the maximum.
  EXPECT_EQ(of_exchange[1], 6 * 6 + 5 * 2);
  std::vector<int> all(4 * size_t(ranks())), mine = {of_step[0], of_step[1], of_exchange[0], of_exchange[1]};
  MPI_CHECK(MPI_Allgather(mine.data(), 4, MPI_INT, all.data(), 4, MPI_INT, MPI_COMM_WORLD));

  const double unit = 0x1p-20;
  slept = 0;
  Cell found{.width = 24, .rows = 8};
  {
    const ClocksOfTest known(rank(), unit, 1);
    take_turns(found, contenders);
    take_turns(found, contenders);
  }
  std::vector<KnownRank> clocks = known_ranks(ranks(), unit, 1);
  Cell expected{.width = 24, .rows = 8};
  for (int round = 0; round < 2; ++round) {
    const auto steps = [](KnownRank& r, int inside) {
      for (int i = 0; i < inside; ++i) r.wall.read();  // warm
      std::vector<double> seconds;
      for (int step = 0; step < 9; ++step) {
        const double begin = r.wall.read();
        for (int i = 0; i < inside; ++i) r.wall.read();
        seconds.push_back(r.wall.read() - begin);
      }
      return sorted_at(seconds, 0.5);
    };
    double serial = 0, update = 0, data = 0, tensor = 0, access = 0;
    std::vector<double> data_exchange(3, 0.0), tensor_exchange(3, 0.0);
    for (int who = 0; who < ranks(); ++who) {
      KnownRank& r = clocks[size_t(who)];
      const int* inside = &all[4 * size_t(who)];
      r.new_share();
      r.begin();
      if (who == 0) serial = steps(r, 0), update = steps(r, 0);
      r.end();
      r.begin();
      data = std::max(data, steps(r, inside[0]));
      tensor = std::max(tensor, steps(r, inside[1]));
      for (size_t i = 0; i < 3; ++i) {
        const double begin = r.wall.read();
        for (int read = 2; read < inside[2]; ++read) r.wall.read();
        data_exchange[i] = std::max(data_exchange[i], r.wall.read() - begin);
        double seconds = 0;
        for (int sum = 0; sum < 5; ++sum) {
          const double first = r.wall.read();
          for (int read = 0; read < (sum == 4 ? 12 : 6); ++read) r.wall.read();
          seconds += r.wall.read() - first;
        }
        tensor_exchange[i] = std::max(tensor_exchange[i], seconds);
      }
      access = std::max(access, r.wall.section() / (3 * 8 * 24.0));
      r.end();
    }
    expected.access.push_back(access);
    expected.serial.push_back(serial), expected.update.push_back(update), expected.data.push_back(data), expected.tensor.push_back(tensor);
    expected.data_exchange.push_back(sorted_at(data_exchange, 0.5)), expected.tensor_exchange.push_back(sorted_at(tensor_exchange, 0.5));
    expected.lost.push_back(most_lost(clocks));
  }
  EXPECT_ON_ALL_RANKS(found.serial == expected.serial && found.update == expected.update);
  EXPECT_ON_ALL_RANKS(found.data == expected.data && found.tensor == expected.tensor);
  EXPECT_ON_ALL_RANKS(found.data_exchange == expected.data_exchange) << found.data_exchange[0] << " " << expected.data_exchange[0];
  EXPECT_ON_ALL_RANKS(found.tensor_exchange == expected.tensor_exchange) << found.tensor_exchange[0] << " " << expected.tensor_exchange[0];
  EXPECT_ON_ALL_RANKS(found.access == expected.access) << found.access[0] << " " << expected.access[0];
  EXPECT_ON_ALL_RANKS(found.lost == expected.lost) << found.lost[0] << " " << expected.lost[0];
  // Ten serial steps a turn, with the one that warms up; an update is none.
  EXPECT_ON_ALL_RANKS(rank() != 0 || serial_steps == 2 * 10) << serial_steps;
  EXPECT_ON_ALL_RANKS(slept == 2) << "the others sleep meanwhile";
}

// All three train the same network: after the same steps on the same rows they have the same weights, up to rounding.
struct SerialWeights : SerialContender {
  using SerialContender::SerialContender;
  std::vector<float> weights() const { return {parameters_.data(), parameters_.data() + layout_.count}; }
  std::vector<float> gradients() const { return {gradients_.data(), gradients_.data() + layout_.count}; }
  double loss() const { return loss_; }
};
struct DataWeights : DataContender {
  using DataContender::DataContender;
  std::vector<float> gradients() const { return {gradients_.data(), gradients_.data() + layout_.count}; }
  std::vector<float> weights() const { return {parameters_.data(), parameters_.data() + layout_.count}; }
  double loss() const { return sum_in_rank_order(0, loss_, MPI_COMM_WORLD); }
};
struct TensorWeights : TensorContender {
  using TensorContender::TensorContender;
  std::vector<float> weights() const {
    return gather_slices({parameters_.data(), layout_.count}, network(int(data_.features())), {0, 5}, MPI_COMM_WORLD);
  }
  double loss() const { return loss_; }
};

TEST(Bench, LetsThreeOfAKindRace) {
  const Dataset data = random_dataset(24, 20);
  SerialWeights serial(data);
  DataWeights by_rows(data, ranks());
  TensorWeights by_columns(data, rank(), ranks());
  const std::vector<float> before = serial.weights();
  EXPECT_ON_ALL_RANKS(by_columns.weights() == before && by_rows.weights() == before && before != std::vector<float>(before.size()));
  for (int i = 0; i < 3; ++i) {
    const std::vector<float> last = serial.weights();
    serial.step(17), by_rows.step(17), by_columns.step(17);
    const std::vector<float> now = serial.weights(), gradients = serial.gradients();
    bool right = true;
    for (size_t w = 0; w < now.size(); ++w)  // a rounding of weights below one
      right = right && std::abs(now[w] - (last[w] - 0.01 * gradients[w])) <= 1e-7;
    EXPECT_ON_ALL_RANKS(right);
  }
  const std::vector<float> one = serial.weights(), rows = by_rows.weights(), columns = by_columns.weights();
  const auto farthest = [](const std::vector<float>& a, const std::vector<float>& b) {
    double most = 0;
    for (size_t i = 0; i < a.size(); ++i) most = std::max(most, double(std::abs(a[i] - b[i])));
    return most;
  };
  EXPECT_ON_ALL_RANKS(farthest(one, before) > 1e-3);
  // Three steps of 0.01: sums in another order differ by a few 1e-7 of values of at most one.
  EXPECT_ON_ALL_RANKS(farthest(rows, one) < 1e-5) << farthest(rows, one);
  EXPECT_ON_ALL_RANKS(farthest(columns, one) < 1e-5) << farthest(columns, one);
  const double loss = serial.loss(), loss_by_rows = by_rows.loss(), ten_classes = std::log(10);  // of guesses without a preference
  EXPECT_ON_ALL_RANKS(std::abs(loss - ten_classes) < 1 && std::abs(loss - loss_by_rows) < 1e-5 && std::abs(loss - by_columns.loss()) < 1e-5) << loss << " " << loss_by_rows;
  EXPECT_EQ(serial.exchange(17), 0);
  // An exchange without rows: the sum of nothing.
  by_rows.exchange(17);
  EXPECT_ON_ALL_RANKS(by_rows.gradients() == std::vector<float>(one.size(), 0.0f));
  // And one of 17 rows: two sums forward, two backward, and the head's; all are short, and go from each rank to each other one.
  std::vector<Call> calls;
  log_calls(&calls);
  by_columns.exchange(17);
  log_calls(nullptr);
  size_t floats = 0;
  for (const Call& call : calls) floats += call.sent;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &floats, 1, MPI_UNSIGNED_LONG, MPI_SUM, MPI_COMM_WORLD));
  EXPECT_ON_ALL_RANKS(floats == size_t(ranks() * (ranks() - 1)) * (4 * 17 * 24 + 17)) << floats;
}

// --- The benchmark's tables ------------------------------------------------------------------------------------------------

const Curve line_of_bytes = {{1e12, 1e-6, 1e-9}};
const Machine even = {line_of_bytes, line_of_bytes, line_of_bytes};

TEST(Bench, SummarizesByMediansAndTheModel) {
  const CrossoverModel model{network(64), 2, even};
  const Cell cell{.width = 64, .rows = 100, .serial = {5, 3, 4}, .update = {2, 1, 1.5}, .data = {7, 9, 8}, .tensor = {6, 4, 5},
                  .data_exchange = {0.3, 0.1, 0.2}, .tensor_exchange = {0.6, 0.4, 0.5}, .access = {3e-6, 1e-6, 2e-6}, .lost = {0.01, 0.9, 0.02}};
  const Row r = summarize(cell, model, 0.5, 1);
  EXPECT_EQ((std::vector<double>{double(r.width), double(r.rows), r.serial, r.update, r.data, r.tensor, r.data_exchange, r.tensor_exchange}),
            (std::vector<double>{64, 100, 4, 1.5, 8, 5, 0.2, 0.5}));
  // An allreduce of two ranks: a step each way. Five of tensor parallelism's six exchanges are of whole layers or their like.
  const auto allreduce = [](double floats) { return predicted_seconds("rank-order", 4 * floats, 2, even); };
  const double data = allreduce(4 * 64 * 64 + 64 * 10 + 4 * 64 + 10), tensor = 4 * allreduce(100 * 64) + 2 * allreduce(100);
  EXPECT_NEAR(r.predicted_data_exchange, data, 1e-15);
  EXPECT_NEAR(r.predicted_tensor_exchange, tensor, 1e-15);
  // Of 2.5 s of products 0.5 stay whole in data parallelism; 21 numbers of 64 columns a row in tensor parallelism, half of them counted.
  const double whole = 2e-6 * 100 * 21 * 64;
  EXPECT_EQ(r.access, 2e-6);
  EXPECT_NEAR(r.predicted_data, 2.0 / 2 + 0.5 + data + 1.5, 1e-12);
  EXPECT_NEAR(r.predicted_tensor, 2.5 / 2 + tensor + 1.5 / 2 + whole / 2, 1e-12);
  EXPECT_TRUE(r.verdict == Verdict::quiet);
  EXPECT_TRUE(summarize(cell, model, 0.5, usable_cores() + 1).verdict == Verdict::more_ranks_than_cores);
  const CrossoverModel three{network(64), 3, even};
  EXPECT_NEAR(summarize(cell, three, 0.5, 1).predicted_tensor, 2.5 / 3 + three.tensor_exchange(100) + 0.5 + whole * 2 / 3, 1e-12);
  EXPECT_NEAR(summarize(cell, three, 0.5, 1).predicted_data, 2.0 / 3 + 0.5 + three.data_exchange() + 1.5, 1e-12);
  // The straight line through the first two, of which the serial products take 2.5 s for 100 rows and 4 s for 200: 1 s without rows.
  Cell longer = cell;
  longer.rows = 200, longer.serial = {5.5};
  EXPECT_NEAR(fixed_of(std::vector<Cell>{cell, longer, cell}), 1, 1e-12);
  EXPECT_EQ(fixed_of(std::vector<Cell>{cell}), 0);
}

const Row first_row = {64, 100, 0.004, 0.001, 0.003, 0.0015, 200e-6, 50e-6, 210e-6, 60e-6, 0.0025, 0.00125, Verdict::quiet, 1e-9};
Row row(int rows, double exchange, double step, Verdict v) {
  Row r = first_row;
  r.rows = rows, r.tensor_exchange = exchange * r.data_exchange, r.tensor = step * r.data, r.verdict = v;
  return r;
}

TEST(Bench, PrintsTheTable) {
  const std::string printed = printed_by([] { print_table({first_row, row(2000, 3, 0.75, Verdict::disturbed)}); });
  EXPECT_EQ(printed,
            "\n              data parallel: us exchanging, ms a step   tensor parallel                          step,\n"
            "width  rows   predicted measured   predicted measured   predicted measured   predicted measured  tensor/data\n"
            "   64   100         210      200        2.50     3.00          60       50        1.25     1.50      0.50\n"
            "   64  2000         210      200        2.50     3.00          60      600        1.25     2.25      0.75  DISTURBED\n");
}

TEST(Bench, PrintsTheCrossoverOfWhatWasQuiet) {
  const CrossoverModel model{network(64), 2, even};
  const double fixed = 0.0004;  // of a row's 3 ms of products for 100 rows
  const auto text = [&](const std::vector<Row>& rows) { return printed_by([&] { print_crossover(rows, model, fixed); }); };
  const auto q = Verdict::quiet, d = Verdict::disturbed;
  // Predicted: the largest number of rows for which tensor parallelism is not the dearer one.
  int exchange = 0, step = 0;
  while (model.tensor_exchange(exchange + 1) < model.data_exchange()) ++exchange;
  const auto whole = [](int rows) { return 1e-9 * 21 * 64 * rows; };
  while (step <= 1 << 12 && model.tensor_exchange(step + 1) + whole(step + 1) / 2 < model.data_exchange() + (0.001 + fixed) / 2) ++step;
  ASSERT_GT(exchange, 10);
  EXPECT_EQ(exchange_crossover(model), exchange);
  // rows: that were quiet, of which the serial step takes 4 ms each, 1 ms of it its update. Clipped like the others.
  const auto close_rows = [&](const std::vector<int>& rows) {
    std::vector<double> per_row;
    for (int r : rows) per_row.push_back((0.003 - fixed) / r);
    int found = 1;
    const auto is_far = [&](int n) {
      const double products = sorted_at(per_row, 0.5) * n / 2;
      const double data = products + fixed + model.data_exchange() + 0.001;
      return products + fixed / 2 + 0.0005 + model.tensor_exchange(n) + whole(n) / 2 < 0.85 * data;
    };
    while (is_far(found)) ++found;
    return found < rows.front() ? "below " + std::to_string(rows.front()) : found > rows.back() ? "above " + std::to_string(rows.back()) : std::to_string(found);
  };
  const auto told = [&](const char* measured, const std::string& predicted, const char* step_measured, const std::string& step_predicted,
                        const std::vector<int>& rows) {
    return line("crossover, width 64: the exchange costs the same at %s rows (predicted %s), the step at %s (predicted %s; closer than 15 %% from "
                "%s on)\n", measured, predicted.c_str(), step_measured, step_predicted.c_str(), close_rows(rows).c_str());
  };
  const std::string e = std::to_string(exchange), s = std::to_string(step);
  EXPECT_EQ(text({row(10, 0.5, 0.25, q), row(40, 2, 0.5, q), row(5000, 4, 2, q)}), told("20", e, "447", s, {10, 40, 5000}));
  // The middle row was disturbed: the line goes from the first to the last.
  EXPECT_EQ(text({row(10, 0.5, 0.5, q), row(40, 9, 9, d), row(4000, 2, 2, q)}), told("200", e, "200", s, {10, 4000}));
  EXPECT_EQ(text({row(5000, 2, 0.5, q), row(6000, 3, 0.6, q)}), told("below 5000", "below 5000", "above 6000", "below 5000", {5000, 6000}));
  EXPECT_EQ(text({row(1, 0.1, 0.1, q), row(2, 0.2, 0.2, q)}), told("above 2", "above 2", "above 2", "above 2", {1, 2}));
  EXPECT_EQ(text({row(10, 0.5, 0.25, d)}), "crossover, width 64: no measurement was quiet\n");
  EXPECT_EQ(rows_text(10, 10, 20), "10");
  EXPECT_EQ(rows_text(20, 10, 20), "20");
  EXPECT_EQ(rows_text(15.5, 10, 20), "16");
}

TEST(Bench, PrintsSpeedupsOfRounds) {
  EXPECT_EQ(printed_by([] { print_speedup("some", {0.4, 0.3, 0.5, 0.6, 0.2}, {5, 3, 2.5, 8, 2}, {0.1, 0.2, 0.25, 0.1, 0.2}); }),
            "some                 200.0 ms a step, speedup 2.00 (quartiles 1.50 to 4.00), 75 % of the limit\n");
}

TEST(Bench, WritesAllNumbers) {
  const std::string file = scratch_file("09_times.csv");
  write_csv(file, {first_row, row(2000, 3, 0.75, Verdict::disturbed)}, 5);
  EXPECT_EQ(text_of_file(file), "# " + machine_name() + "; 5 ranks; networks n-n-n-n-n-10; seconds a step\n"
            "width,rows,serial,update,data,tensor,data_exchange,tensor_exchange,predicted_data,predicted_tensor,"
            "predicted_data_exchange,predicted_tensor_exchange,disturbed,access\n"
            "64,100,0.004,0.001,0.003,0.0015,0.0002,5e-05,0.0025,0.00125,0.00021,6e-05,0,1e-09\n"
            "64,2000,0.004,0.001,0.003,0.00225,0.0002,0.0006,0.0025,0.00125,0.00021,6e-05,1,1e-09\n");
  std::remove(file.c_str());
  EXPECT_EQ(error_of([] { write_csv("/no/such/folder/times.csv", {}, 2); }), "/no/such/folder/times.csv: cannot be written");
}

TEST(Bench, StatusSaysWhetherItMayBeBelieved) {
  Choices c;
  EXPECT_EQ(status_of(true, c), 0);
  EXPECT_EQ(status_of(false, c), 0);
  c.only_if_quiet = true;
  EXPECT_EQ(status_of(true, c), 0);
  EXPECT_EQ(status_of(false, c), 77);
}

// All of the crossover, by clocks that are known. What is predicted in a line of the file follows from what is measured there, from the
// two shortest batches of the same width, and from what messages cost.
TEST(Bench, PredictsFromWhatItHasMeasured) {
  Choices c;
  c.widths = {24, 40}, c.batches = {8, 16, 40}, c.rounds = 2;
  for (const double busy : {1000.0, 1.0})
    for (const bool only_if_quiet : {false, true}) {
      c.csv = scratch_file("09_crossover.csv");
      c.only_if_quiet = only_if_quiet;
      const bool quiet = busy > 1 && session_of_test->node_size() <= usable_cores();
      int status = -1;
      const std::string printed = printed_by([&] {
        const ClocksOfTest known(rank(), 0x1p-20, busy);
        status = bench_crossover(c, *session_of_test);
      });
      EXPECT_ON_ALL_RANKS(status == (only_if_quiet && !quiet ? 77 : 0)) << status;
      EXPECT_EQ(file_is_there(c.csv), rank() == 0 && status == 0);
      if (rank() != 0 || status != 0) continue;
      EXPECT_EQ(printed.find("no measurement was quiet") == std::string::npos, quiet) << printed;
      std::vector<std::vector<double>> lines;
      std::istringstream text(text_of_file(c.csv));
      std::remove(c.csv.c_str());
      for (std::string row, number; std::getline(text, row);) {
        if (row.find('#') == 0 || row.find("width") == 0) continue;
        std::istringstream numbers(row);
        for (lines.emplace_back(); std::getline(numbers, number, ',');) lines.back().push_back(std::stod(number));
      }
      ASSERT_EQ(lines.size(), 6u);
      const Curve curve = {{1e12, 2e-6, 1e-9}};  // two rounds
      const auto allreduce = [&](double floats) { return predicted_seconds("rank-order", 4 * floats, ranks(), {curve, curve, curve}); };
      for (size_t i = 0; i < 6; ++i) {
        const std::vector<double>& l = lines[i];
        const double width = i < 3 ? 24 : 40, rows = double(c.batches[i % 3]), p = ranks();
        ASSERT_EQ(l.size(), 14u);
        EXPECT_TRUE(l[0] == width && l[1] == rows);
        const auto products = [&](size_t line) { return lines[line][2] - lines[line][3]; };  // of the serial step, without its update
        const size_t first = i / 3 * 3;
        const double fixed = std::min(std::max(0.0, products(first)), std::max(0.0, 2 * products(first) - products(first + 1)));  // 8 rows, and 16
        const double data = allreduce(4 * width * width + width * 10 + 4 * width + 10), tensor = 4 * allreduce(rows * width) + 2 * allreduce(rows);
        EXPECT_NEAR(l[10], data, 1e-5 * data);
        EXPECT_NEAR(l[11], tensor, 1e-5 * tensor);
        const double whole = (1 - 1 / p) * l[13] * 21 * width * rows, digits = 1e-5 * (l[2] + l[3] + lines[first][2] + lines[first + 1][2] + data + tensor + whole);
        EXPECT_NEAR(l[8], (products(i) - fixed) / p + fixed + data + l[3], digits);
        EXPECT_NEAR(l[9], l[2] / p + tensor + whole, digits);
        EXPECT_EQ(l[12] == 0, quiet);
      }
    }
}

TEST(Bench, RefusesWhatItCannotMeasure) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--widths", "none"}, {"--batches", "none"}, {"--batches", "8,4"}}) {
    std::string printed;
    EXPECT_EQ(error_of([&] { run(bench, options, printed); }),
              "--widths, --batches: need one number or more, the batches ascending");
  }
}

TEST(Options, HaveTheseDefaultsAndRanges) {
  std::string printed;
  EXPECT_ON_ALL_RANKS(run(bench, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "widths N,N,.. (1 to 65536) [256,512,1024]\nbatches N,N,.. (1 to 1048576) [32,64,128,256,512,1024,2048]\n"
                                                    "wide N (1 to 65536) [2048]\nwide-batch N (1 to 1048576) [128]\nrounds N (1 to 10000) [5]\n"
                                                    "csv TEXT\nonly-if-quiet\n");
  Options options("");
  TensorOptions o(0, 3);
  o.declare(options);
  const std::string told = options_told(options.help());
  EXPECT_TRUE(contains(told, " [rank-order]\nexchange auto|host|peer|mpi [auto]\nchunk-kib N (1 to 1048576) [1024]\ncompare-with-serial\ntrace TEXT\n"));
  o.chunk_kib = 3;
  EXPECT_EQ(o.longest_piece(), 3u * 256);  // floats
  // A batch of one row has no other order of sums to compare with, where there is another rank.
  const auto refused = [](int ranks, int64_t batch, bool compare) {
    Dataset data = random_dataset(17, 40);
    TensorOptions choices(0, ranks);
    choices.batch = batch, choices.compare_with_serial = compare;
    return error_of([&] { choices.apply(data); });
  };
  EXPECT_EQ(refused(2, 1, true), "--compare-with-serial: needs --batch 2 or more, since one row has no other order to compare with");
  EXPECT_EQ(refused(1, 1, true), "");
  EXPECT_EQ(refused(2, 2, true), "");
  EXPECT_EQ(refused(2, 1, false), "");
}

}  // namespace
