// Cut the batch or the layers? Serial, data-parallel and tensor-parallel steps of networks n-n-n-n-n-10 take turns in
// one group of processes; beside each measured exchange stands what chapter 05's cost model says of it. What was
// measured while somebody else had the cores is marked, and not used for the crossover.
//
// Run: make bench-09          --csv FILE writes what plot.sh draws; with --only-if-quiet only if nothing is marked
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>

#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/09_tensor_parallel/contenders.h"
#include "chapters/09_tensor_parallel/crossover.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"
#include "common/writable.h"

namespace {

struct Choices {
  std::vector<int64_t> widths = {256, 512, 1024}, batches = {32, 64, 128, 256, 512, 1024, 2048};
  int64_t wide = 2048, wide_batch = 128, rounds = 5;
  bool only_if_quiet = false;
  std::string csv;
};

// --- Measuring -----------------------------------------------------------------------------------------------------

// What is measured for one width and number of rows; an entry a round, seconds.
struct Cell {
  int width, rows;
  std::vector<double> serial = {}, update = {}, data = {}, tensor = {}, data_exchange = {}, tensor_exchange = {}, access = {};
  std::vector<double> lost = {};  // the share of the time, see CoreShare
};

// The median over some steps, on this rank: a few milliseconds, or one step. What ran before had other caches, so
// short steps are warmed up.
template <class Work>
double time_steps(const Cell& cell, Work work) {
  const double flops = 22.0 * cell.rows * cell.width * cell.width;  // 11 products
  const int steps = int(std::clamp(1e9 / flops, 1.0, 9.0));
  if (flops < 5e9) work();
  std::vector<double> seconds;
  for (int i = 0; i < steps; ++i) {
    const Timer timer;
    work();
    seconds.push_back(timer.seconds());
  }
  return median(seconds);
}

void take_turns(Cell& cell, Contenders& c) {
  const size_t rows = size_t(cell.rows);
  CoreShare share;
  double serial = 0, update = 0;
  share.begin();
  if (c.serial) serial = time_steps(cell, [&] { c.serial->step(rows); });
  if (c.serial) update = time_steps(cell, [&] { c.serial->update(); });
  share.end();
  sleep_until_all_are_here(MPI_COMM_WORLD);
  share.begin();
  cell.serial.push_back(slowest(serial));
  cell.update.push_back(slowest(update));
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  cell.data.push_back(slowest(time_steps(cell, [&] { c.data->step(rows); })));
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  cell.tensor.push_back(slowest(time_steps(cell, [&] { c.tensor->step(rows); })));
  std::vector<double> data, tensor;
  for (int i = 0; i < 3; ++i) {
    data.push_back(slowest(c.data->exchange(rows)));
    tensor.push_back(slowest(c.tensor->exchange(rows)));
  }
  cell.data_exchange.push_back(median(data));
  cell.tensor_exchange.push_back(median(tensor));
  cell.access.push_back(slowest(c.tensor->access(rows)));
  share.end();
  cell.lost.push_back(share.lost(MPI_COMM_WORLD));
}

// --- Telling -------------------------------------------------------------------------------------------------------

// The medians of a cell, and what was predicted: an update and a serial step are measured, the rest follows.
struct Row {
  int width, rows;
  double serial, update, data, tensor, data_exchange, tensor_exchange;
  double predicted_data_exchange, predicted_tensor_exchange, predicted_data, predicted_tensor;
  Verdict verdict;
  double access = 0;
};

// fixed: of the serial products, see SerialStep.
Row summarize(const Cell& c, CrossoverModel model, double fixed, int ranks_on_node) {
  Row r{c.width,
        c.rows,
        median(c.serial),
        median(c.update),
        median(c.data),
        median(c.tensor),
        median(c.data_exchange),
        median(c.tensor_exchange),
        model.data_exchange(),
        model.tensor_exchange(c.rows),
        0,
        0,
        verdict(c.lost, ranks_on_node),
        median(c.access)};
  const SerialStep serial{(r.serial - r.update - fixed) / r.rows, fixed, r.update};
  model.access = r.access;
  r.predicted_data = data_step(model, serial, r.rows);
  r.predicted_tensor = tensor_step(model, serial, r.rows);
  return r;
}

std::string mark(Verdict v) { return v == Verdict::quiet ? "" : std::string("  ") + name_of(v); }

void print_table(const std::vector<Row>& rows) {
  std::printf(
      "\n              data parallel: us exchanging, ms a step   tensor parallel                          "
      "step,\n"
      "width  rows   predicted measured   predicted measured   predicted measured   predicted measured  "
      "tensor/data\n");
  for (const Row& r : rows)
    std::printf("%5d %5d  %10.0f %8.0f  %10.2f %8.2f  %10.0f %8.0f  %10.2f %8.2f  %8.2f%s\n", r.width, r.rows,
                1e6 * r.predicted_data_exchange, 1e6 * r.data_exchange, 1e3 * r.predicted_data, 1e3 * r.data,
                1e6 * r.predicted_tensor_exchange, 1e6 * r.tensor_exchange, 1e3 * r.predicted_tensor,
                1e3 * r.tensor, r.tensor / r.data, mark(r.verdict).c_str());
}

std::string rows_text(double rows, int least, int most) {
  if (rows < least) return "below " + std::to_string(least);
  if (rows > most) return "above " + std::to_string(most);
  return std::to_string(int(std::lround(rows)));
}

// What the two shortest batches of a width say of the serial step without rows; 0 if there is one only.
double fixed_of(std::span<const Cell> cells) {
  if (cells.size() < 2) return 0;
  const auto products = [](const Cell& c) { return median(c.serial) - median(c.update); };
  return serial_step(cells[0].rows, products(cells[0]), cells[1].rows, products(cells[1]), 0).fixed;
}

// Steps that differ by less cannot be told apart by such a forecast.
constexpr double too_close = 0.15;

// rows: of one width.  Those that are marked are left out.
void print_crossover(const std::vector<Row>& rows, CrossoverModel model, double fixed) {
  std::vector<int> batches;
  std::vector<double> exchanges, steps, updates, per_row, access;
  for (const Row& r : rows) {
    if (r.verdict != Verdict::quiet) continue;
    batches.push_back(r.rows);
    exchanges.push_back(r.tensor_exchange / r.data_exchange);
    steps.push_back(r.tensor / r.data);
    updates.push_back(r.update);
    per_row.push_back((r.serial - r.update - fixed) / r.rows);
    access.push_back(r.access);
  }
  if (batches.empty()) {
    std::printf("crossover, width %d: no measurement was quiet\n", rows.front().width);
    return;
  }
  const auto text = [&](double at) { return rows_text(at, batches.front(), batches.back()); };
  const SerialStep serial{median(per_row), fixed, median(updates)};
  model.access = median(access);
  std::printf(
      "crossover, width %d: the exchange costs the same at %s rows (predicted %s), the step at %s (predicted "
      "%s; closer than %.0f %% from %s on)\n",
      rows.front().width, text(measured_crossover(batches, exchanges)).c_str(), text(exchange_crossover(model)).c_str(),
      text(measured_crossover(batches, steps)).c_str(), text(step_crossover(model, serial)).c_str(), 100 * too_close,
      text(close_from(model, serial, too_close)).c_str());
}

void write_csv(const std::string& file, const std::vector<Row>& rows, int ranks) {
  std::ofstream out(file);
  out << "# " << machine_name() << "; " << ranks << " ranks; networks n-n-n-n-n-10; seconds a step\n"
      << "width,rows,serial,update,data,tensor,data_exchange,tensor_exchange,predicted_data,predicted_tensor,"
         "predicted_data_exchange,predicted_tensor_exchange,disturbed,access\n";
  for (const Row& r : rows) {
    out << r.width << ',' << r.rows;
    for (double seconds :
         {r.serial, r.update, r.data, r.tensor, r.data_exchange, r.tensor_exchange, r.predicted_data,
          r.predicted_tensor, r.predicted_data_exchange, r.predicted_tensor_exchange})
      out << ',' << seconds;
    out << ',' << (r.verdict != Verdict::quiet) << ',' << r.access << '\n';
  }
  if (!out.flush()) throw Error(file + ": cannot be written");
}

// The exit status, of which all ranks think the same: 0, or that of a benchmark that may tell quiet measurements only.
int status_of(bool quiet, const Choices& c) { return c.only_if_quiet && !quiet ? not_quiet_status : 0; }

// What a message costs changes from minute to minute, so it is measured in the same rounds as what it shall predict.
int bench_crossover(const Choices& c, MpiSession& mpi) {
  Calibration calibration(MPI_COMM_WORLD);
  std::vector<std::unique_ptr<Contenders>> contenders;
  std::vector<Cell> cells;
  const int64_t most = *std::max_element(c.batches.begin(), c.batches.end());
  for (int64_t width : c.widths) {
    contenders.push_back(std::make_unique<Contenders>(int(width), size_t(most), mpi));
    for (int64_t rows : c.batches) cells.push_back({.width = int(width), .rows = int(rows)});
  }
  for (int64_t round = 0; round < c.rounds; ++round) {
    calibration.round();
    for (size_t i = 0; i < cells.size(); ++i) take_turns(cells[i], *contenders[i / c.batches.size()]);
  }
  const Machine machine = calibration.fit();
  const auto is_quiet = [&](const Cell& cell) { return verdict(cell.lost, mpi.node_size()) == Verdict::quiet; };
  const int status = status_of(std::ranges::all_of(cells, is_quiet), c);
  if (mpi.rank() != 0) return status;

  std::vector<Row> all;
  const auto of_width = [&](size_t w) { return std::span<const Cell>(cells).subspan(w * c.batches.size(), c.batches.size()); };
  for (size_t w = 0; w < c.widths.size(); ++w)
    for (const Cell& cell : of_width(w))
      all.push_back(summarize(cell, {network(cell.width), mpi.size(), machine}, fixed_of(of_width(w)), mpi.node_size()));
  print_table(all);
  std::printf("\n");
  for (size_t w = 0; w < c.widths.size(); ++w) {
    const auto first = all.begin() + ptrdiff_t(w * c.batches.size());
    print_crossover({first, first + ptrdiff_t(c.batches.size())},
                    {network(int(c.widths[w])), mpi.size(), machine}, fixed_of(of_width(w)));
  }
  if (!c.csv.empty() && status == 0) write_csv(c.csv, all, mpi.size());
  return status;
}

// limit: of the speedup in each round.
void print_speedup(const char* name, const std::vector<double>& serial, const std::vector<double>& limit,
                   const std::vector<double>& parallel) {
  std::vector<double> speedup, of_limit;
  for (size_t i = 0; i < serial.size(); ++i) {
    speedup.push_back(serial[i] / parallel[i]);
    of_limit.push_back(speedup[i] / limit[i]);
  }
  std::printf("%-18s %7.1f ms a step, speedup %.2f (quartiles %.2f to %.2f), %.0f %% of the limit\n", name,
              1e3 * median(parallel), median(speedup), quantile(speedup, 0.25), quantile(speedup, 0.75), 100 * median(of_limit));
}

int bench_wide(const Choices& c, MpiSession& mpi) {
  Contenders contenders(int(c.wide), size_t(c.wide_batch), mpi);
  SerialContender alone(contenders.dataset);
  Cell cell{.width = int(c.wide), .rows = int(c.wide_batch)};
  std::vector<double> limit;  // how many serial steps the cores make in the time of one, while every rank makes its own
  for (int64_t round = 0; round < c.rounds; ++round) {
    take_turns(cell, contenders);
    const double at_once = slowest(time_steps(cell, [&] { alone.step(size_t(cell.rows)); }));
    limit.push_back(mpi.size() * cell.serial.back() / at_once);
  }
  const Verdict v = verdict(cell.lost, mpi.node_size());
  const int status = status_of(v == Verdict::quiet, c);
  if (mpi.rank() != 0) return status;
  std::printf("layers of width %d, batch %d, %d ranks; a speedup is of one round, its median over %zu rounds:%s\n",
              cell.width, cell.rows, mpi.size(), cell.serial.size(), mark(v).c_str());
  std::printf("limit: %d serial programs at once make %.2f times the steps of one (quartiles %.2f to %.2f)\n", mpi.size(), median(limit),
              quantile(limit, 0.25), quantile(limit, 0.75));
  print_speedup("serial", cell.serial, limit, cell.serial);
  print_speedup("data parallel", cell.serial, limit, cell.data);
  print_speedup("tensor parallel", cell.serial, limit, cell.tensor);
  return status;
}

int bench(MpiSession& mpi, int argc, char** argv) {
  Choices c;
  Options options(
      "Times data-parallel and tensor-parallel steps, interleaved with serial ones, beside their predicted "
      "cost.");
  options.add("widths", &c.widths, "widths of the layers", between(1, 65536));
  options.add("batches", &c.batches, "rows of the batches, ascending", between(1, 1 << 20));
  options.add("wide", &c.wide, "width of the layers whose speedup is told", between(1, 65536));
  options.add("wide-batch", &c.wide_batch, "and rows of its batch", between(1, 1 << 20));
  options.add("rounds", &c.rounds, "times that every setting has its turn", between(1, 10000));
  options.add("csv", &c.csv, "write all numbers to this file");
  options.add("only-if-quiet", &c.only_if_quiet, "end with status 77, no file, if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.rank() == 0) require_writable(c.csv);
  if (c.widths.empty() || c.batches.empty() || !std::is_sorted(c.batches.begin(), c.batches.end()))
    throw Error("--widths, --batches: need one number or more, the batches ascending");
  if (mpi.size() == 1) throw Error("bench: needs 2 ranks or more, RANKS=2");

  if (mpi.rank() == 0)
    std::printf("%s\n", machine_name().c_str());
  const int status = bench_wide(c, mpi);
  return status == 0 ? bench_crossover(c, mpi) : status;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
