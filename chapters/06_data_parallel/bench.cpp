// How much faster are several ranks than one, with every way of exchanging gradients?
//
// All settings take turns in one group of processes, a few steps each, with chapter 01's training on rank 0 among them:
// the speed of a machine drifts, and with it every time below; quotients taken within one round drift less.
// Run: make bench-06
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <optional>

#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/timer.h"

namespace {

struct Choices {
  std::string data = "build/data";
  int64_t rounds = 9, steps = 10, batch = 128;
  std::string only;
};

double mean_over_ranks(double value, int ranks) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
  return value / ranks;
}

// A model and all that trains it, kept between rounds.
class Trainer {
 public:
  // serial: chapter 01's loop, without an exchange.
  Trainer(const DataParallelOptions& o, const Dataset& train, bool serial)
      : options_(o),
        train_(train),
        device_(make_cpu_device()),
        layout_(make_layout(o.sizes(train))),
        parameters_(*device_, layout_.count, Purpose::parameters),
        gradients_(*device_, layout_.count, o.allreduce),
        mlp_(*device_, layout_, parameters_, gradients_, {.rows = o.largest_micro_batch()}),
        head_(*device_, {.rows = o.largest_micro_batch()}),
        optimizer_(*device_, o.optimizer, layout_.count),
        order_(permutation(1, 0, train.count)),
        batches_(batches(train.count, size_t(o.batch))) {
    std::vector<float> weights(layout_.count);
    initialize(weights.data(), layout_, 1);
    device_->copy_in(parameters_.data(), weights.data(), layout_.count);
    if (!serial) exchange_ = make_exchange(o, train.count, mlp_, head_, gradients_);
  }

  void step() {
    const Range batch = batches_[next_++ % (batches_.size() - 1)];  // without the short one at the end
    double loss = 0;
    Write write = Write::overwrite;
    for (int m = 0; m < options_.micro_batches; ++m) {
      const Range rows = exchange_ ? exchange_->begin(batch, m) : share(batch, size_t(options_.micro_batches), size_t(m));
      if (rows.empty()) continue;
      load_images(mlp_, train_, order_, rows);
      head_.load_labels(train_, order_, rows);
      mlp_.forward(int(rows.size()));
      head_.backward(mlp_, batch.size());
      mlp_.backward(write);
      loss += head_.loss(mlp_, batch.size());
      write = Write::accumulate;
    }
    if (exchange_) exchange_->finish(loss);
    optimizer_.step(parameters_, gradients_);
  }

  // Seconds of an exchange to which all ranks come at once, with nothing to hide it.
  double exchange_alone() {
    device_->fill(gradients_, 0.5f, layout_.count);  // written anew, as backward does
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    const Timer timer;
    for (int m = 0; m < options_.micro_batches; ++m) exchange_->begin({0, 0}, m);
    exchange_->finish(0);
    return timer.seconds();
  }

  double waited() const { return exchange_ ? exchange_->time().waiting : 0; }
  size_t parameters() const { return layout_.count; }

 private:
  DataParallelOptions options_;
  const Dataset& train_;
  std::unique_ptr<Device> device_;
  Layout layout_;
  Buffer<> parameters_;
  GradientMemory gradients_;
  Mlp mlp_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  std::vector<uint32_t> order_;
  std::vector<Range> batches_;
  std::unique_ptr<Exchange> exchange_;
  size_t next_ = 0;
};

struct Setting {
  std::string name;
  std::unique_ptr<Trainer> trainer;
  std::vector<double> step, speedup, waiting, alone;  // one entry a round; seconds per step
};

Setting make_setting(const std::string& name, const DataParallelOptions& o, const Dataset& train) {
  return {name, std::make_unique<Trainer>(o, train, false), {}, {}, {}, {}};
}

// Medians over the steps of a turn: another program that takes a core away for some steps does not count.
double time_serial(Trainer& serial, int64_t steps, int rank) {
  std::vector<double> seconds = {0};
  if (rank == 0) {
    for (int warm = 0; warm < 2; ++warm) serial.step();
    seconds.clear();
    for (int64_t i = 0; i < steps; ++i) {
      const Timer timer;
      serial.step();
      seconds.push_back(timer.seconds());
    }
  }
  sleep_until_all_are_here(MPI_COMM_WORLD);
  return slowest(median(seconds));
}

void time_setting(Setting& s, double serial, int64_t steps, int ranks) {
  for (int warm = 0; warm < 2; ++warm) s.trainer->step();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  std::vector<double> steps_taken, waiting, alone;
  for (int64_t i = 0; i < steps; ++i) {
    const double waited_before = s.trainer->waited();
    const Timer timer;
    s.trainer->step();
    steps_taken.push_back(timer.seconds());
    waiting.push_back(s.trainer->waited() - waited_before);
  }
  const double seconds = slowest(median(steps_taken));
  s.step.push_back(seconds);
  s.speedup.push_back(serial / seconds);
  s.waiting.push_back(mean_over_ranks(median(waiting), ranks));
  for (int i = 0; i < 3; ++i) alone.push_back(slowest(s.trainer->exchange_alone()));
  s.alone.push_back(median(alone));
}

// Hosts of a cluster do not: without the window there is neither that way nor a latency between cores.
bool share_memory(const MpiSession& mpi) { return mpi.node_size() == mpi.size(); }

// Rounds of everything; prints what the settings have in common.
void take_turns(std::vector<Setting>& settings, Trainer& serial, const Choices& c, MpiSession& mpi) {
  std::erase_if(settings, [&](const Setting& s) { return s.name.find(c.only) == std::string::npos; });
  if (settings.empty()) return;
  std::optional<SharedWindow> window;
  if (share_memory(mpi)) window.emplace(MPI_COMM_WORLD, 16);
  std::vector<double> serial_steps, latency;
  long interrupted = -interruptions();
  for (int64_t round = 0; round < c.rounds; ++round) {
    if (window && mpi.size() > 1) latency.push_back(core_to_core(*window, mpi.rank()));
    serial_steps.push_back(time_serial(serial, c.steps, mpi.rank()));
    for (Setting& s : settings) time_setting(s, serial_steps.back(), c.steps, mpi.size());
  }
  interrupted += interruptions();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &interrupted, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD));
  if (mpi.rank() != 0) return;
  std::printf("serial: %.3f ms a step, %.0f samples/s (median of %lld rounds of %lld steps; quartiles %.3f and %.3f ms)\n",
              1e3 * median(serial_steps), double(c.batch) / median(serial_steps), (long long)c.rounds,
              (long long)c.steps, 1e3 * quantile(serial_steps, 0.25), 1e3 * quantile(serial_steps, 0.75));
  if (!latency.empty())
    std::printf("core to core: %.0f ns (%.0f to %.0f ns)\n", median(latency), quantile(latency, 0), quantile(latency, 1));
  std::printf("the system took a core away %ld times (much more than once a round: others were busy here, too)\n", interrupted);
}

void bench_settings(const Dataset& train, const Choices& c, MpiSession& mpi) {
  DataParallelOptions o(mpi.size());
  o.batch = c.batch;
  o.watch = 0;
  const std::vector<std::string> names = allreduce_names();
  const auto possible = [&](const std::string& name) { return share_memory(mpi) || !find_allreduce(name).needs_window; };
  std::vector<Setting> settings;
  for (const std::string& name : names) {
    if (!possible(name)) continue;
    o.allreduce = name;
    settings.push_back(make_setting(name, o, train));
  }
  for (const char* name : {"rank-order", "shared-window"})
    for (int64_t kib : {64, 256, 1024}) {
      if (!possible(name)) continue;
      o.allreduce = name;
      o.bucket_kib = kib;
      settings.push_back(make_setting(std::string(name) + ", " + std::to_string(kib) + " KiB", o, train));
    }
  o.overlap = true;
  for (const char* name : {"rank-order", "mpi"})
    for (int64_t kib : {64, 256, 1024}) {
      o.allreduce = name;
      o.bucket_kib = kib;
      settings.push_back(make_setting(std::string(name) + ", " + std::to_string(kib) + " KiB, overlap", o, train));
    }
  DataParallelOptions in_order(mpi.size());
  in_order.batch = c.batch;
  in_order.reproducible = true;
  in_order.watch = 0;
  in_order.micro_batches = mpi.size();
  settings.push_back(make_setting("reproducible, " + std::to_string(mpi.size()) + " micro-batches", in_order, train));

  DataParallelOptions alone(1);
  alone.batch = c.batch;
  Trainer serial(alone, train, true);
  if (mpi.rank() == 0)
    std::printf("784-512-256-10, %zu parameters, batch %lld, %d ranks\n", serial.parameters(), (long long)c.batch,
                mpi.size());
  take_turns(settings, serial, c, mpi);
  if (mpi.rank() != 0 || settings.empty()) return;
  std::printf("\n%-34s %9s %9s %17s %11s %11s\n", "", "ms a step", "speedup", "(quartiles)", "waiting, us", "alone, us");
  for (const Setting& s : settings)
    std::printf("%-34s %9.3f %9.2f    (%5.2f to %5.2f) %11.0f %11.0f\n", s.name.c_str(), 1e3 * median(s.step),
                median(s.speedup), quantile(s.speedup, 0.25), quantile(s.speedup, 0.75), 1e6 * median(s.waiting),
                1e6 * median(s.alone));
}

// Overlap hides what leaves early, and here most does: all layers are equally large.
void bench_overlap(const Dataset& train, Choices c, MpiSession& mpi) {
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
        const std::string pieces = kib == 0 ? ", all at once" : ", " + std::to_string(kib) + " KiB";
        settings.push_back(make_setting(name + pieces + (overlap ? ", overlap" : ""), o, train));
      }
  DataParallelOptions alone = o;
  alone.ranks = 1;
  Trainer serial(alone, train, true);
  if (mpi.rank() == 0) std::printf("\n784-(512 x 8)-10, %zu parameters, batch %lld\n", serial.parameters(), (long long)c.batch);
  take_turns(settings, serial, c, mpi);
  if (mpi.rank() != 0 || settings.empty()) return;
  std::printf("\n%-34s %9s %9s %11s %11s %11s\n", "", "ms a step", "speedup", "waiting, us", "alone, us", "hidden");
  for (const Setting& s : settings)
    std::printf("%-34s %9.3f %9.2f %11.0f %11.0f %9.0f %%\n", s.name.c_str(), 1e3 * median(s.step), median(s.speedup),
                1e6 * median(s.waiting), 1e6 * median(s.alone), 100 * (1 - median(s.waiting) / median(s.alone)));
}

int bench(MpiSession& mpi, int argc, char** argv) {
  Choices c;
  Options options("Times data-parallel steps with every exchange, interleaved with the serial step.");
  options.add("data", &c.data, "folder with the unpacked MNIST files");
  options.add("rounds", &c.rounds, "times that every setting has its turn", between(1, 10000));
  options.add("steps", &c.steps, "training steps of a turn", between(1, 10000));
  options.add("batch", &c.batch, "rows of the batch that all ranks share", between(1, 30000));
  options.add("only", &c.only, "only the settings whose name contains this");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const Dataset train = read_mnist_train(c.data);
  if (mpi.rank() == 0)
    std::printf("%s%s%s\n", machine_name().c_str(), share_memory(mpi) ? "" : "; ranks on several hosts",
                mpi.node_size() > usable_cores() ? "; MORE RANKS THAN CORES: a speedup means nothing here" : "");
  bench_settings(train, c, mpi);
  bench_overlap(train, c, mpi);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
