// What each level of sharding keeps in memory and sends: counted in one training step, beside the formula.
//
// Run: make 07-memory RANKS=4    (ARGS="--hidden 512,256 --optimizer momentum"; --bits 16: the formula alone)
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/writable.h"

namespace {

constexpr int quantities = 5;
constexpr const char* names[quantities] = {"weights", "gradients", "state", "exchange", "sent"};
using Quantities = std::array<unsigned long long, quantities>;  // bytes

Quantities quantities_of(const Footprint& f) { return {f.parameters, f.gradients, f.optimizer, f.exchange, f.sent}; }

// The largest of all ranks, one by one.
Quantities largest(Quantities mine) {
  Quantities all;
  MPI_CHECK(MPI_Allreduce(mine.data(), all.data(), quantities, MPI_UNSIGNED_LONG_LONG, MPI_MAX, MPI_COMM_WORLD));
  return all;
}

struct Level {
  Quantities counted, predicted;
  bool equal;  // on every rank
};

Level measure(const std::vector<int>& sizes, const OptimizerOptions& optimizer, const ZeroOptions& options) {
  constexpr size_t rows_per_rank = 4;  // enough for a step; activations are not compared here
  const size_t rows = rows_per_rank * size_t(options.micro_batches);
  const Dataset data = random_dataset(size_t(sizes.front()), rows);
  CpuDevice device;
  ShardedRun run(device, data, sizes, rows, optimizer, options, MPI_COMM_WORLD);
  const Traffic before = traffic();
  run.step({0, rows});

  Footprint found = counted(device);
  found.sent = 4 * (traffic().floats - before.floats);
  const int state_vectors = Optimizer(device, optimizer, 0).state_vectors();
  const Footprint formula = predict(run.zero().shards(), options, state_vectors, run.zero().rank());
  const int equal = quantities_of(found) == quantities_of(formula);
  int all_equal = 0;
  MPI_CHECK(MPI_Allreduce(&equal, &all_equal, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  return {largest(quantities_of(found)), largest(quantities_of(formula)), all_equal == 1};
}

unsigned long long memory_of(const Quantities& q) { return q[0] + q[1] + q[2] + q[3]; }

void print_row(int level, const char* how, const Quantities& q, const char* verdict) {
  std::printf("%5d  %-8s", level, how);
  for (int i = 0; i < quantities - 1; ++i) std::printf(" %9.2f", double(q[size_t(i)]) / 1e6);
  std::printf(" %9.2f %9.2f%s\n", double(memory_of(q)) / 1e6, double(q[quantities - 1]) / 1e6, verdict);
}

void append(const std::string& file, int ranks, int level, const Level& l) {
  std::ofstream out(file, std::ios::app);
  out << ranks << ',' << level;
  for (const Quantities& q : {l.counted, l.predicted})
    for (unsigned long long bytes : q) out << ',' << bytes;
  if (!(out << '\n').flush()) throw Error(file + ": cannot be written");
}

}  // namespace

int show_memory(MpiSession& mpi, int argc, char** argv) {
  std::vector<int64_t> hidden = {512, 512, 512, 512, 512, 512, 512, 512};
  OptimizerOptions optimizer;
  optimizer.name = "adam";
  ZeroOptions z;
  z.micro_batches = mpi.size();
  std::string csv, bits = "32";
  Options options("Memory and bytes sent at each level of sharding: counted, and by formula.");
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("optimizer", &optimizer.name, "the update rule", {"sgd", "momentum", "adam"});
  options.add("unit", &z.unit, "the fewest parameters that travel together", at_least(1));
  options.add("micro-batches", &z.micro_batches, "parts into which each batch is cut", between(1, 1 << 20));
  options.add("prefetch", &z.prefetch, "at level 3: two units of weights are in memory");
  options.add("recompute", &z.recompute, "keep every N-th activation only: at level 3 some weights are sent again", between(1, 1000));
  options.add("bits", &bits, "of a weight, of a gradient; 16, with float masters: by formula only, nothing here is stored so", {"32", "16"});
  options.add("csv", &csv, "append a line per level to this file, in bytes");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (bits == "16" && !csv.empty()) throw Error("--csv takes what was counted: not with --bits 16");
  if (mpi.rank() == 0) require_writable(csv);

  std::vector<int> sizes = {784};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(10);
  const bool speaks = mpi.rank() == 0;
  if (speaks) {
    std::printf("%zu parameters, %s, %d rank%s, %lld micro-batches: MB of the rank that needs most\n",
                make_layout(sizes).count, optimizer.name.c_str(), mpi.size(), mpi.size() == 1 ? "" : "s",
                (long long)z.micro_batches);
    std::printf("level          ");
    for (int i = 0; i < quantities - 1; ++i) std::printf(" %9s", names[i]);
    std::printf(" %9s %9s\n", "sum", "sent/step");
  }
  bool all_equal = true;
  const bool prefetch = z.prefetch;
  for (z.level = 0; z.level <= 3; ++z.level) {
    z.prefetch = prefetch && z.level == 3;
    if (bits == "16") {
      const Shards shards{make_units(make_layout(sizes), size_t(z.unit), int(z.recompute)), mpi.size()};
      const Quantities most = largest(quantities_of(predict(shards, z, state_vectors(optimizer), mpi.rank(), 2)));
      if (speaks) print_row(int(z.level), "formula", most, "");
      continue;
    }
    const Level l = measure(sizes, optimizer, z);
    all_equal = all_equal && l.equal;
    if (!speaks) continue;
    print_row(int(z.level), "counted", l.counted, "");
    print_row(int(z.level), "formula", l.predicted, l.equal ? "  equal on every rank" : "  DIFFERENT");
    if (!csv.empty()) append(csv, mpi.size(), int(z.level), l);
  }
  return all_equal ? 0 : 1;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, show_memory); }
