// How long does an allreduce take, and which way is the fastest for which length?
//
//   make bench-05                                  two ranks
//   mpiexec -n 2 build/chapters/05_collectives/bench --csv times.csv --fit fit.txt
//
// All ways take turns in one process, so that a machine whose mood changes (and the time that a cache line takes from core
// to core does change, within seconds) is unfair to none. A time is the median over rounds of the slowest rank's; a
// ratio to MPI_Allreduce is the median of the ratios inside the rounds. Operands are summed in place, as in training.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include <sched.h>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"

namespace {

// None of them, nor a half of them, is a length that the fit has seen, but the first and 2 KiB. 2,143,272 bytes is the
// gradient of the 784-512-256-10 network.
constexpr size_t lengths_in_bytes[] = {4,     24,    96,     384,    1536,   2048,    3072,    6144,   12288,
                                       24576, 49152, 98304,  196608, 393216, 786432,  1572864, 2143272, 6291456};
constexpr size_t gradient_bytes = 2143272;

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

/// Keeps this process on one core, where there is one for each rank. Otherwise the system may move both to one.
bool pin(int rank, int ranks) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  if (ranks > cores) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(rank, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

/// Nanoseconds that a value takes from rank 0's core to rank 1's: half a round trip through one shared float each.
double core_to_core(SharedWindow& window, int rank) {
  constexpr int trips = 500;
  const std::atomic_ref<float> ping(*window.of(0)), pong(*window.of(1));
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  for (int trip = 1; trip <= trips && rank < 2; ++trip) {
    if (rank == 0) ping = trip;
    while ((rank == 0 ? pong : ping) != trip) {}
    if (rank == 1) pong = trip;
  }
  const double seconds = timer.seconds();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  if (rank < 2) (rank == 0 ? ping : pong) = 0;
  return 1e9 * seconds / trips / 2;
}

bool cold = false;  // --cold

/// Seconds of one call. Long vectors are written anew before each call, as the backward pass of a training step does:
/// otherwise their cache lines would already lie with the core that added them the last time.
double time_calls(Allreduce* allreduce, float* x, size_t n) {
  const bool rewrite = n * sizeof(float) > 16384;
  const int calls = rewrite ? 1 : static_cast<int>(std::clamp<size_t>(500000 / (n + 500), 1, 200));
  if (!cold) allreduce(x, x, n, MPI_COMM_WORLD);  // not timed: what ran before had other buffers
  if (rewrite) std::fill_n(x, n, 0.0f);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  for (int call = 0; call < calls; ++call) allreduce(x, x, n, MPI_COMM_WORLD);
  return timer.seconds() / calls;
}

/// times[variant][round] in seconds, of the slowest rank, for one length.
using Times = std::vector<std::vector<double>>;

Times measure(size_t bytes, int rounds, SharedWindow& window) {
  const size_t n = bytes / sizeof(float);
  std::vector<float> own(n);
  std::fill_n(window.mine(), n, 0.0f);
  Times times(allreduces().size());
  for (int round = -1; round < rounds; ++round)  // round -1 warms up
    for (size_t v = 0; v < times.size(); ++v) {
      const Named<Allreduce>& variant = allreduces()[v];
      const double seconds = time_calls(variant.function, variant.needs_window ? window.mine() : own.data(), n);
      if (round >= 0) times[v].push_back(seconds);
    }
  for (auto& of_variant : times)
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, of_variant.data(), rounds, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return times;
}

struct Row {
  size_t bytes;
  double core_to_core;           // ns
  std::vector<double> seconds;   // by variant
  std::vector<double> to_mpi;    // median ratio to MPI_Allreduce
};

Row summary(size_t bytes, double latency, const Times& times) {
  Row row{bytes, latency, {}, {}};
  const auto& mpi = times[&find_allreduce("mpi") - allreduces().data()];
  for (const auto& of_variant : times) {
    std::vector<double> ratios(mpi.size());
    for (size_t round = 0; round < mpi.size(); ++round) ratios[round] = of_variant[round] / mpi[round];
    row.seconds.push_back(median(of_variant));
    row.to_mpi.push_back(median(ratios));
  }
  return row;
}

bool modelled(const std::string& name) {
  return std::ranges::any_of(modelled_allreduces(), [&](const char* other) { return name == other; });
}

void print_table(const std::vector<Row>& rows) {
  const auto width = [](const char* name) { return static_cast<int>(std::max<size_t>(8, std::string(name).size())); };
  std::printf("\nmicroseconds (median); core to core: nanoseconds from one core to the other just before\n%9s %12s", "bytes",
              "core to core");
  for (const auto& variant : allreduces()) std::printf(" %*s", width(variant.name), variant.name);
  for (const Row& row : rows) {
    std::printf("\n%9zu %12.0f", row.bytes, row.core_to_core);
    for (size_t v = 0; v < row.seconds.size(); ++v)
      std::printf(" %*.2f", width(allreduces()[v].name), 1e6 * row.seconds[v]);
  }
  std::printf("\n");
}

double seconds_of(const Row& row, const std::string& name) {
  return row.seconds[&find_allreduce(name) - allreduces().data()];
}

void print_choices(const std::vector<Row>& rows, int ranks, const Machine& machine) {
  std::printf("\nchosen by prediction, from the ways that have a formula\n%9s  %-18s %12s %11s   %-18s %11s %8s\n",
              "bytes", "chosen", "predicted us", "measured us", "best measured", "measured us", "ratio");
  double worst = 0;
  for (const Row& row : rows) {
    const char* chosen = choose_allreduce(row.bytes, ranks, machine).name;
    const char* best = *std::ranges::min_element(modelled_allreduces(), {}, [&](auto name) { return seconds_of(row, name); });
    const double ratio = seconds_of(row, chosen) / seconds_of(row, best);
    worst = std::max(worst, ratio);
    std::printf("%9zu  %-18s %12.2f %11.2f   %-18s %11.2f %8.2f\n", row.bytes, chosen,
                1e6 * predicted_seconds(chosen, row.bytes, ranks, machine), 1e6 * seconds_of(row, chosen), best,
                1e6 * seconds_of(row, best), ratio);
  }
  std::printf("the choice takes at most %.2f times as long as the best\n", worst);
}

void print_ratios(const std::vector<Row>& rows) {
  std::printf("\ntime over that of MPI_Allreduce (median of the ratios inside the rounds)\n");
  for (const Row& row : rows) {
    if (row.bytes > 2048 && row.bytes != gradient_bytes) continue;
    double best = 1e9, window = 0;
    const char* best_name = "";
    for (size_t v = 0; v < row.to_mpi.size(); ++v) {
      const auto& variant = allreduces()[v];
      if (variant.needs_window) window = row.to_mpi[v];
      else if (variant.function != allreduce_mpi && row.to_mpi[v] < best) best = row.to_mpi[v], best_name = variant.name;
    }
    std::printf("%9zu bytes: %.2f (%s), shared window %.2f\n", row.bytes, best, best_name, window);
  }
}

void write_csv(const std::string& file, const std::vector<Row>& rows, int ranks, const Machine& machine) {
  std::ofstream out(file);
  out << "ranks,bytes,core_to_core_ns,allreduce,seconds,ratio_to_mpi,predicted_seconds\n";
  for (const Row& row : rows)
    for (size_t v = 0; v < row.seconds.size(); ++v) {
      const char* name = allreduces()[v].name;
      out << ranks << ',' << row.bytes << ',' << row.core_to_core << ',' << name << ',' << row.seconds[v] << ','
          << row.to_mpi[v] << ',';
      if (modelled(name)) out << predicted_seconds(name, row.bytes, ranks, machine);
      out << '\n';
    }
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int bench(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 31;
  std::string csv, fit;
  Options options("Times every allreduce of the chapter against MPI_Allreduce and against its prediction.");
  options.add("rounds", &rounds, "turns of each way", Bounds{1, 10000});
  options.add("cold", &cold, "no untimed call before a timed one: the caches hold other things");
  options.add("csv", &csv, "file for the times");
  options.add("fit", &fit, "file for the fitted alpha, beta, gamma");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const bool pinned = pin(mpi.rank(), mpi.size());
  SharedWindow window(MPI_COMM_WORLD, *std::max_element(std::begin(lengths_in_bytes), std::end(lengths_in_bytes)) / 4);
  SharedWindow flags(MPI_COMM_WORLD, 1);
  const Machine machine = calibrate(MPI_COMM_WORLD);
  std::vector<Row> rows;
  for (size_t bytes : lengths_in_bytes) {
    const double latency = pinned && mpi.size() > 1 ? core_to_core(flags, mpi.rank()) : 0;
    rows.push_back(summary(bytes, latency, measure(bytes, static_cast<int>(rounds), window)));
  }
  if (mpi.rank() != 0) return 0;
  std::printf("%d ranks, %s\n", mpi.size(), pinned ? "each on a core of its own" : "not pinned: no core for each");
  for (const Piece& piece : machine.messages)
    std::printf("exchange up to %9.0f bytes: alpha %6.2f us, %6.2f GB/s\n", piece.up_to_bytes, 1e6 * piece.alpha,
                1e-9 / piece.beta);
  std::printf("addition: gamma %.2f GB/s\n", 1e-9 / machine.gamma);
  print_table(rows);
  print_choices(rows, mpi.size(), machine);
  print_ratios(rows);
  if (!csv.empty()) write_csv(csv, rows, mpi.size(), machine);
  if (!fit.empty()) save_machine(machine, fit);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
