// How much faster are several ranks than one, with every way of exchanging gradients?  Run: make bench-06
#include <algorithm>
#include <cstdio>

#include "chapters/05_collectives/table.h"
#include "chapters/01_serial/require_samples.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/statistics.h"

namespace {

struct Choices {
  std::string data = "build/data";
  int64_t rounds = 9, steps = 10, batch = 128;
  std::string only;
  bool only_if_quiet = false;
  size_t chosen = 0;  // settings, so far
};

std::string kib_pieces(int64_t kib) { return kib == 0 ? ", all at once" : ", " + std::to_string(kib) + " KiB"; }

void add_if_asked_for(std::vector<Setting>& settings, const std::string& name, const DataParallelOptions& o, const Dataset& train,
                      Choices& c) {
  if (name.find(c.only) == std::string::npos) return;
  settings.push_back(make_setting(name, o, train));
  ++c.chosen;
}

// Takes turns with the settings, and prints what they have in common. Returns how quiet it was.
Verdict measure(std::vector<Setting>& settings, const DataParallelOptions& o, const Dataset& train, const Choices& c,
                MpiSession& mpi) {
  const Rounds r = take_turns(settings, o, train, c.rounds, c.steps, mpi);
  const Verdict v = verdict(r.lost, mpi.node_size());
  if (mpi.rank() != 0) return v;
  std::printf("%zu parameters, batch %lld, %d ranks\n", settings[0].trainer->parameters(), (long long)c.batch, mpi.size());
  std::printf("serial: %.3f ms a step, %.0f samples/s (median of %lld rounds of %lld steps; quartiles %.3f and %.3f ms)\n",
              1e3 * median(r.serial), double(c.batch) / median(r.serial), (long long)c.rounds, (long long)c.steps,
              1e3 * quantile(r.serial, 0.25), 1e3 * quantile(r.serial, 0.75));
  if (mpi.size() > 1)
    std::printf("limit: %d serial programs at once make %.2f times the steps of one (quartiles %.2f to %.2f)\n", mpi.size(),
                median(r.limit), quantile(r.limit, 0.25), quantile(r.limit, 0.75));
  if (!r.latency.empty())
    std::printf("core to core: %.0f ns (%.0f to %.0f ns)\n", median(r.latency), quantile(r.latency, 0), quantile(r.latency, 1));
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * r.lost, name_of(v));
  return v;
}

// Every way to exchange gradients, with chapter 01's network.
Verdict bench_settings(const Dataset& train, Choices& c, MpiSession& mpi) {
  DataParallelOptions o(mpi.size());
  o.batch = c.batch;
  o.watch = 0;
  const auto possible = [&](const std::string& name) { return share_memory(mpi) || !find_allreduce(name).needs_window; };
  std::vector<Setting> settings;
  for (const std::string& name : allreduce_names()) {
    if (!possible(name)) continue;
    o.allreduce = name;
    add_if_asked_for(settings, name, o, train, c);
  }
  o.allreduce = "rank-order";
  for (int64_t kib : {64, 1024}) {
    o.bucket_kib = kib;
    add_if_asked_for(settings, o.allreduce + kib_pieces(kib), o, train, c);
  }
  o.bucket_kib = 256;
  o.overlap = true;
  for (const char* name : {"rank-order", "mpi"}) {
    o.allreduce = name;
    add_if_asked_for(settings, name + kib_pieces(256) + ", overlap", o, train, c);
  }
  DataParallelOptions in_order(mpi.size());
  in_order.batch = c.batch;
  in_order.reproducible = true;
  in_order.watch = 0;
  in_order.micro_batches = mpi.size();
  add_if_asked_for(settings, "reproducible, " + std::to_string(mpi.size()) + " micro-batches", in_order, train, c);

  if (settings.empty()) return Verdict::quiet;
  if (mpi.rank() == 0) std::printf("%zu-512-256-%zu, ", train.features(), train.classes);
  const Verdict v = measure(settings, o, train, c, mpi);
  if (mpi.rank() != 0) return v;
  std::printf("\n%-34s %9s %9s %17s %9s %12s %10s\n", "", "ms a step", "speedup", "(quartiles)", "of limit", "exchange, us", "alone, us");
  for (const Setting& s : settings)
    std::printf("%-34s %9.3f %9.2f    (%5.2f to %5.2f) %7.0f %% %12.0f %10.0f\n", s.name.c_str(), 1e3 * median(s.step),
                median(s.speedup), quantile(s.speedup, 0.25), quantile(s.speedup, 0.75), 100 * median(s.of_limit),
                1e6 * median(s.exchanging), 1e6 * median(s.alone));
  return v;
}

// Overlap hides what leaves early, and here most does: all layers are equally large.
Verdict bench_overlap(const Dataset& train, Choices& c, MpiSession& mpi) {
  c.rounds = std::max<int64_t>(3, c.rounds / 2);
  c.steps = std::max<int64_t>(3, c.steps / 3);
  DataParallelOptions o(mpi.size());
  o.batch = c.batch;
  o.watch = 0;
  o.hidden = std::vector<int64_t>(8, 512);
  std::vector<Setting> settings;
  for (const char* name : {"rank-order", "mpi"})
    for (int64_t kib : {0, 1024, 4096})
      for (bool overlap : {false, true}) {
        if (kib == 0 && overlap) continue;
        o.allreduce = name;
        o.bucket_kib = kib;
        o.overlap = overlap;
        add_if_asked_for(settings, name + kib_pieces(kib) + (overlap ? ", overlap" : ""), o, train, c);
      }
  if (settings.empty()) return Verdict::quiet;
  if (mpi.rank() == 0) std::printf("\n%zu-(512 x 8)-%zu, ", train.features(), train.classes);
  const Verdict v = measure(settings, o, train, c, mpi);
  if (mpi.rank() != 0) return v;
  std::printf("\n%-34s %9s %9s %12s %10s %11s\n", "", "ms a step", "speedup", "exchange, us", "alone, us", "hidden");
  for (const Setting& s : settings)
    std::printf("%-34s %9.3f %9.2f %12.0f %10.0f %9.0f %%\n", s.name.c_str(), 1e3 * median(s.step), median(s.speedup),
                1e6 * median(s.exchanging), 1e6 * median(s.alone), 100 * (1 - median(s.exchanging) / median(s.alone)));
  return v;
}

int bench(MpiSession& mpi, int argc, char** argv) {
  Choices c;
  Options options("Times data-parallel steps with every exchange, interleaved with the serial step.");
  options.add("data", &c.data, "folder with the unpacked MNIST files");
  options.add("rounds", &c.rounds, "times that every setting has its turn", between(1, 10000));
  options.add("steps", &c.steps, "training steps of a turn", between(1, 10000));
  options.add("batch", &c.batch, "rows of the batch that all ranks share", between(1, 30000));
  options.add("only", &c.only, "only the settings whose name contains this");
  options.add("only-if-quiet", &c.only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const Dataset train = read_mnist_train(c.data);
  require_samples(train, c.batch);
  if (mpi.rank() == 0)
    std::printf("%s%s\n", machine_name().c_str(), share_memory(mpi) ? "" : "; ranks on several hosts");
  const Verdict of_settings = bench_settings(train, c, mpi), of_overlap = bench_overlap(train, c, mpi);
  if (c.chosen == 0) throw Error("--only " + c.only + ": no setting's name has this in it; without --only the tables show all of them");
  const bool quiet = of_settings == Verdict::quiet && of_overlap == Verdict::quiet;
  return c.only_if_quiet && !quiet ? not_quiet_status : 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
