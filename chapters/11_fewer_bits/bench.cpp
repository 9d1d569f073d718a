// How much faster is a training step in 16 bits?  Run: make bench-11, or with RANKS=2
#include <cstdio>

#include "chapters/01_serial/require_samples.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/statistics.h"

namespace {

int bench(MpiSession& mpi, int argc, char** argv) {
  std::string data = "build/data";
  int64_t rounds = 15, steps = 20, batch = 128;
  bool only_if_quiet = false;
  Options options("Times training steps in 32 and 16 bits, interleaved with chapter 01's step on one rank.");
  options.add("data", &data, "folder with the unpacked MNIST files");
  options.add("rounds", &rounds, "times that every setting has its turn", between(1, 10000));
  options.add("steps", &steps, "training steps of a turn", between(1, 10000));
  options.add("batch", &batch, "rows of the batch that all ranks share", between(1, 30000));
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const Dataset train = read_mnist_train(data);
  require_samples(train, batch);
  DataParallelOptions o(mpi.size());
  o.batch = batch;
  o.watch = 0;
  if (mpi.size() > 1 && share_memory(mpi)) o.allreduce = "shared-window";
  std::vector<Setting> settings;
  settings.push_back(make_setting("float", o, train));
  settings.push_back(make_setting("bf16, in ordinary arithmetic", o, train, std::make_unique<FewerBitsDevice>("bf16", false)));
  if (has_bf16_instruction())
    settings.push_back(make_setting("bf16, by vdpbf16ps", o, train, std::make_unique<FewerBitsDevice>("bf16", true)));
  settings.push_back(make_setting("half", o, train, std::make_unique<FewerBitsDevice>("half")));

  const Rounds r = take_turns(settings, o, train, rounds, steps, mpi);
  const Verdict v = verdict(r.lost, mpi.node_size());
  if (mpi.rank() != 0) return only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  std::printf("%s%s\n", machine_name().c_str(), share_memory(mpi) ? "" : "; ranks on several hosts");
  std::printf("%zu parameters, batch %lld, %s; vdpbf16ps: %s\n", settings[0].trainer->parameters(), (long long)batch,
              mpi.size() == 1 ? "1 rank" : (std::to_string(mpi.size()) + " ranks, " + o.allreduce).c_str(),
              !has_bf16_instruction() ? "not on this processor" : bf16_instruction_pays() ? "taken" : "slower here, not taken");
  if (!r.latency.empty())
    std::printf("core to core: %.0f ns (%.0f to %.0f ns)\n", median(r.latency), quantile(r.latency, 0), quantile(r.latency, 1));
  std::printf("a rank was without its core for %.1f %% of the time: %s\n\n", 100 * r.lost, name_of(v));
  std::printf("%-30s %9s %10s %26s\n", "", "ms a step", "samples/s", "times chapter 01's step on");
  std::printf("%-30s %9s %10s %26s\n", "", "", "", "one rank (quartiles)");
  std::printf("%-30s %9.3f %10.0f\n", "chapter 01, one rank", 1e3 * median(r.serial), double(batch) / median(r.serial));
  for (const Setting& s : settings)
    std::printf("%-30s %9.3f %10.0f %8.2f (%.2f to %.2f)\n", s.name.c_str(), 1e3 * median(s.step), double(batch) / median(s.step),
                median(s.speedup), quantile(s.speedup, 0.25), quantile(s.speedup, 0.75));
  return only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
