// How long does an allreduce take, and which way is the fastest for which length?
//
//   make bench-05                                  two ranks
//   mpiexec -n 2 build/chapters/05_collectives/bench --csv times.csv --fit fit.txt
//   sh common/cluster/virtual_cluster.sh run 8 build/chapters/05_collectives/bench --rounds 5    over TCP, on virtual hosts
//
// Where the ranks share no memory, the shared window has no time.
//
// All ways and all lengths take turns in one process, and so do the exchanges to which the prediction is fitted: a
// machine whose mood changes (and the time that a cache line takes from core to core does change, within seconds) is
// unfair to none. A time is the median over the rounds of the slowest rank's; a ratio to MPI_Allreduce is the median of
// the ratios inside the rounds. Operands are summed in place, as in training.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include <sched.h>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/timing.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"

namespace {

// None of them, nor a half of them, is a length that the fit has seen, but the first and 2 KiB. 2,143,272 bytes is the
// gradient of the 784-512-256-10 network.
constexpr size_t lengths_in_bytes[] = {4,      24,     96,     384,     1536,    2048,
                                       3072,   6144,   12288,  24576,   49152,   98304,
                                       196608, 393216, 786432, 1572864, 2143272, 6291456};

// Keeps this process on one core, where there is one for each rank. Otherwise the system may move both to one.
bool pin(int rank, int ranks) {
  const int cores = int(std::thread::hardware_concurrency());
  if (ranks > cores) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(rank, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

struct Measurement {
  // seconds[length][variant][round], of the slowest rank
  std::vector<std::vector<std::vector<double>>> seconds;
  std::vector<double> core_to_core;  // ns, before each round; empty where ranks share cores, or no memory
  double lost;                       // see CoreShare
  Machine machine;
};

constexpr double impossible = std::numeric_limits<double>::infinity();  // the time of what cannot be done here

// One length: every way has a turn. `window` may be null.
void take_turns(std::vector<std::vector<double>>& seconds, size_t n, float* own, SharedWindow* window, bool warm) {
  for (size_t v = 0; v < seconds.size(); ++v) {
    const Named<Allreduce>& variant = allreduces()[v];
    if (variant.needs_window && !window) {
      seconds[v].push_back(impossible);
      continue;
    }
    float* x = variant.needs_window ? window->mine() : own;
    const auto allreduce = [&] { variant.function(x, x, n, MPI_COMM_WORLD); };
    seconds[v].push_back(seconds_per_call(MPI_COMM_WORLD, x, n, warm, allreduce));
  }
}

Measurement measure(int rank, int rounds, bool pinned, bool warm, bool one_node) {
  const size_t longest = std::ranges::max(lengths_in_bytes) / sizeof(float);
  std::optional<SharedWindow> window, flags;
  if (one_node) window.emplace(MPI_COMM_WORLD, longest), flags.emplace(MPI_COMM_WORLD, 1);
  std::vector<float> own(longest);
  Calibration calibration(MPI_COMM_WORLD);
  Measurement m;
  m.seconds.resize(std::size(lengths_in_bytes), std::vector<std::vector<double>>(allreduces().size()));
  CoreShare share;
  share.begin();
  for (int round = 0; round < rounds; ++round) {
    if (pinned && flags && ranks_of(MPI_COMM_WORLD) > 1) m.core_to_core.push_back(core_to_core(*flags, rank));
    calibration.round();
    for (size_t l = 0; l < m.seconds.size(); ++l)
      take_turns(m.seconds[l], lengths_in_bytes[l] / sizeof(float), own.data(), window ? &*window : nullptr, warm);
  }
  share.end();
  m.lost = share.lost(MPI_COMM_WORLD);
  for (auto& of_length : m.seconds)
    for (auto& of_variant : of_length) take_slowest(of_variant, MPI_COMM_WORLD);
  m.machine = calibration.fit();
  return m;
}

struct Row {
  size_t bytes;
  std::vector<double> seconds;  // by variant: median over the rounds
  std::vector<double> to_mpi;   // median ratio to MPI_Allreduce
};

Row summary(size_t bytes, const std::vector<std::vector<double>>& times) {
  Row row{bytes, {}, {}};
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

void print_machine(const Measurement& m, const std::string& name, int ranks, bool pinned, Verdict v) {
  std::printf("%s: %d ranks, %s\n", name.c_str(), ranks,
              pinned ? "each on a core of its own" : "not pinned: there is no core for each");
  if (!m.core_to_core.empty())
    std::printf("core to core: %.0f ns (median over the rounds; least %.0f, most %.0f)\n",
                median(m.core_to_core), std::ranges::min(m.core_to_core), std::ranges::max(m.core_to_core));
  std::printf("%zu rounds; a rank was without its core for %.1f %% of the time: %s\n", m.seconds[0][0].size(), 100 * m.lost,
              name_of(v));
  const auto print_line = [](const char* step, const Curve& line) {
    for (const Piece& piece : line)
      std::printf("%-17s up to %8.0f bytes: alpha %6.2f us, beta 1 / (%.2f GB/s)\n", step, piece.up_to_bytes,
                  1e6 * piece.alpha, 1e-9 / piece.beta);
  };
  print_line("exchange", m.machine.exchanges);
  print_line("reduction", m.machine.reductions);
  print_line("reduction of sent", m.machine.reductions_of_sent);
}

void print_table(const std::vector<Row>& rows) {
  const auto width = [](const char* name) {
    return int(std::max<size_t>(8, std::string(name).size()));
  };
  std::printf("\nmicroseconds (median over the rounds)\n%9s", "bytes");
  for (const auto& variant : allreduces()) std::printf(" %*s", width(variant.name), variant.name);
  for (const Row& row : rows) {
    std::printf("\n%9zu", row.bytes);
    for (size_t v = 0; v < row.seconds.size(); ++v)
      std::printf(" %*.2f", width(allreduces()[v].name), 1e6 * row.seconds[v]);
  }
  std::printf("\n");
}

double seconds_of(const Row& row, const std::string& name) {
  return row.seconds[&find_allreduce(name) - allreduces().data()];
}

void print_choices(const std::vector<Row>& rows, int ranks, const Machine& machine) {
  std::printf(
      "\nchosen by prediction, from the ways that have a formula\n%9s  %-18s %12s %11s   %-18s %11s %8s\n",
      "bytes", "chosen", "predicted us", "measured us", "best measured", "measured us", "ratio");
  double worst = 0;
  for (const Row& row : rows) {
    const char* chosen = choose_allreduce(row.bytes, ranks, machine).name;
    const auto measured = [&](const char* name) { return seconds_of(row, name); };
    const char* best = *std::ranges::min_element(modelled_allreduces(), {}, measured);
    const double ratio = seconds_of(row, chosen) / seconds_of(row, best);
    worst = std::max(worst, ratio);
    std::printf("%9zu  %-18s %12.2f %11.2f   %-18s %11.2f %8.2f\n", row.bytes, chosen,
                1e6 * predicted_seconds(chosen, row.bytes, ranks, machine), 1e6 * seconds_of(row, chosen),
                best, 1e6 * seconds_of(row, best), ratio);
  }
  std::printf("the choice takes at most %.2f times as long as the best\n", worst);
}

// Where the second way starts to be faster than the first: the first zero of log(first / second), on straight lines
// between the lengths in a logarithmic picture. 0 if there is none.
double crossover(const std::vector<double>& bytes, const std::vector<double>& first,
                 const std::vector<double>& second) {
  for (size_t i = 1; i < bytes.size(); ++i) {
    const double before = std::log(first[i - 1] / second[i - 1]), after = std::log(first[i] / second[i]);
    if (before < 0 && after >= 0)
      return bytes[i - 1] * std::pow(bytes[i] / bytes[i - 1], before / (before - after));
  }
  return 0;
}

void print_crossover(const std::vector<Row>& rows, int ranks, const Machine& machine) {
  const char *few = "recursive-doubling", *halves = "rabenseifner";
  std::vector<double> bytes, measured[2], dense, predicted[2];
  for (const Row& row : rows) {
    bytes.push_back(double(row.bytes));
    measured[0].push_back(seconds_of(row, few));
    measured[1].push_back(seconds_of(row, halves));
  }
  for (double b = bytes.front(); b <= bytes.back(); b *= 1.02) {
    dense.push_back(b);
    predicted[0].push_back(predicted_seconds(few, b, ranks, machine));
    predicted[1].push_back(predicted_seconds(halves, b, ranks, machine));
  }
  const double at = crossover(bytes, measured[0], measured[1]);
  const double expected = crossover(dense, predicted[0], predicted[1]);
  if (at > 0 && expected > 0)
    std::printf("%s is first overtaken by %s at %.0f bytes, predicted: %.0f (predicted / measured %.2f)\n", few,
                halves, at, expected, expected / at);
  else
    std::printf("%s is %sovertaken by %s, and was %spredicted to be\n", few, at > 0 ? "" : "never ", halves,
                expected > 0 ? "" : "not ");
}

void print_ratios(const std::vector<Row>& rows) {
  std::printf("\ntime over that of MPI_Allreduce (median of the ratios inside the rounds)\n");
  for (const Row& row : rows) {
    size_t best = 0;
    for (size_t v = 0; v < row.to_mpi.size(); ++v) {
      const auto& way = allreduces()[v];
      if (!way.needs_window && way.function != allreduce_mpi && row.to_mpi[v] < row.to_mpi[best]) best = v;
    }
    const double window = row.to_mpi[&find_allreduce("shared-window") - allreduces().data()];
    std::printf("%9zu bytes: %.2f (%s)", row.bytes, row.to_mpi[best], allreduces()[best].name);
    if (window < impossible) std::printf(", shared window %.2f", window);
    std::printf("\n");
  }
}

void write_csv(const std::string& file, const std::string& machine, const std::vector<Row>& rows, int ranks,
               const Measurement& m) {
  std::ofstream out(file);
  out << "# " << machine
      << "\nranks,bytes,core_to_core_ns,allreduce,seconds,ratio_to_mpi,predicted_seconds\n";
  for (const Row& row : rows)
    for (size_t v = 0; v < row.seconds.size(); ++v) {
      const char* name = allreduces()[v].name;
      if (row.seconds[v] == impossible) continue;
      out << ranks << ',' << row.bytes << ',';
      if (!m.core_to_core.empty()) out << median(m.core_to_core);
      out << ',' << name << ',' << row.seconds[v] << ',' << row.to_mpi[v] << ',';
      if (modelled(name)) out << predicted_seconds(name, row.bytes, ranks, m.machine);
      out << '\n';
    }
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int bench(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 41;
  bool cold = false, only_if_quiet = false;
  std::string csv, fit, machine = machine_name();
  Options options("Times every allreduce of the chapter against MPI_Allreduce and against its prediction.");
  options.add("rounds", &rounds, "turns of each way", Bounds{1, 10000});
  options.add("cold", &cold, "no untimed call before a timed one: the caches hold other things");
  options.add("machine", &machine, "its name, for the output");
  options.add("csv", &csv, "file for the times");
  options.add("fit", &fit, "file for the fitted alpha, beta, gamma");
  options.add("only-if-quiet", &only_if_quiet, "end with status 77, no file, if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  for (const std::string& file : {csv, fit})
    if (mpi.rank() == 0) require_writable(file);

  const bool pinned = pin(mpi.rank(), mpi.size());
  const Measurement m = measure(mpi.rank(), int(rounds), pinned, !cold, mpi.node_size() == mpi.size());
  const Verdict v = verdict(m.lost, pinned ? 1 : mpi.node_size());  // a pinned rank may use its own core only
  const int status = only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  if (mpi.rank() != 0) return status;
  std::vector<Row> rows;
  for (size_t l = 0; l < m.seconds.size(); ++l) rows.push_back(summary(lengths_in_bytes[l], m.seconds[l]));
  print_machine(m, machine, mpi.size(), pinned, v);
  print_table(rows);
  print_choices(rows, mpi.size(), m.machine);
  print_crossover(rows, mpi.size(), m.machine);
  print_ratios(rows);
  if (!csv.empty() && status == 0) write_csv(csv, machine, rows, mpi.size(), m);
  if (!fit.empty() && status == 0) save_machine(m.machine, fit);
  return status;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
