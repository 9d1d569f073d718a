// How long an allreduce of more ranks than this machine has cores should take: the formulas of collectives.h, on a
// network with one alpha, one beta and one gamma. Nothing is measured, and messages never get in each other's way.
//
//   make 05-curves RANKS=1                                     10 us a message, 1 ns a byte, additions for nothing
//   make 05-curves RANKS=1 ARGS="--alpha 0.5 --beta 0.04 --gamma 0.1 --csv curves.csv"
//   make 05-curves RANKS=1 ARGS="--fit fit.txt"                what `bench --fit fit.txt` measured on two ranks
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "chapters/05_collectives/cost.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"

namespace {

constexpr const char* ways[] = {"recursive-doubling", "rabenseifner", "ring", "reduce-broadcast"};

double microseconds(const char* way, double bytes, int ranks, const Machine& machine) {
  return 1e6 * predicted_seconds(way, bytes, ranks, machine);
}

void print_times(int ranks, const Machine& machine) {
  std::printf("\nmicroseconds on %d ranks\n%10s", ranks, "bytes");
  for (const char* way : ways) std::printf(" %18s", way);
  for (double bytes : {1e3, 1e4, 1e5, 1e6, 1e7}) {
    std::printf("\n%10.0f", bytes);
    for (const char* way : ways) std::printf(" %18.1f", microseconds(way, bytes, ranks, machine));
  }
  std::printf("\n");
}

void print_crossings(const std::vector<int64_t>& ranks, const Machine& machine) {
  std::printf("\nfrom how many bytes on a way is faster than recursive doubling\n%10s %18s %18s\n", "ranks",
              "rabenseifner", "ring");
  for (int64_t p : ranks) {
    std::printf("%10lld", static_cast<long long>(p));
    for (const char* way : {"rabenseifner", "ring"}) {
      const double bytes = overtakes(way, int(p), machine);
      std::printf(" %18s", bytes > 0 ? std::to_string(static_cast<long long>(bytes + 0.5)).c_str() : "never");
    }
    std::printf("\n");
  }
}

void write_csv(const std::string& file, const std::string& network, const std::vector<int64_t>& ranks,
               const Machine& machine) {
  std::ofstream out(file);
  out << "# predicted by the formulas of chapter 05, nothing measured; " << network << "\nranks,bytes";
  for (const char* way : ways) out << ',' << way;
  out << '\n';
  for (int64_t p : ranks)
    for (double bytes = 1 << 10; bytes <= 1 << 24; bytes *= 2) {
      out << p << ',' << static_cast<long long>(bytes);
      for (const char* way : ways) out << ',' << microseconds(way, bytes, int(p), machine);
      out << '\n';
    }
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int curves(MpiSession& mpi, int argc, char** argv) {
  double alpha = 10, beta = 1, gamma = 0;
  std::string fit, csv;
  std::vector<int64_t> ranks{2, 4, 8, 16};
  Options options("Predicts how long an allreduce takes, by number of ranks and length.");
  options.add("ranks", &ranks, "numbers of ranks", Bounds{1, 1e6});
  options.add("alpha", &alpha, "microseconds a message", Bounds{0, 1e6});
  options.add("beta", &beta, "nanoseconds a byte sent", Bounds{0, 1e6});
  options.add("gamma", &gamma, "nanoseconds a byte added", Bounds{0, 1e6});
  options.add("fit", &fit, "file with the lines that `bench --fit` wrote, instead of these three");
  options.add("csv", &csv, "file for the times, in microseconds");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.rank() == 0) require_writable(csv);

  const Piece exchange{1e8, alpha * 1e-6, beta * 1e-9}, reduction{1e8, alpha * 1e-6, (beta + gamma) * 1e-9};
  const Machine machine = fit.empty() ? Machine{{exchange}, {reduction}, {reduction}} : load_machine(fit);
  if (mpi.rank() != 0) return 0;
  char network[200];
  std::snprintf(network, sizeof network, "alpha %g us a message, beta %g ns a byte sent, gamma %g ns a byte added",
                alpha, beta, gamma);
  const std::string source = fit.empty() ? network : "steps from " + fit;
  std::printf("by formula: %s\n", source.c_str());
  for (int64_t p : ranks) print_times(int(p), machine);
  print_crossings(ranks, machine);
  if (!csv.empty()) write_csv(csv, source, ranks, machine);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, curves); }
