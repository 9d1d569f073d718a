// How idle are the stages, and how much faster are they than one process?
//
// All schedules take turns in one group of processes, a few steps each, with chapter 01's training on rank 0 among them: the
// speed of a machine drifts, and with it every time below; quotients taken within one round drift less. What was measured
// while somebody else had the cores is marked; with --only-if-quiet nothing of it is written.
// Run: make bench-08
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/08_layer_splitting/pipeline_options.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/timer.h"
#include "common/writable.h"

namespace {

struct Choices {
  std::string data = "build/data", csv;
  int64_t rounds = 9, steps = 3, batch = 1024;
  bool only_if_quiet = false;
  // Eight equal layers and a small one. The first is half again as wide at its input and computes no gradient of it: two
  // products instead of three. So the first four cost what the last five do.
  std::vector<int64_t> hidden = std::vector<int64_t>(8, 512);
};

std::vector<Range> full_batches(const Dataset& train, const PipelineOptions& o) {
  std::vector<Range> all = batches(train.count, size_t(o.batch));
  if (all.back().size() < size_t(o.batch)) all.pop_back();
  return all;
}

// Chapter 01's training, a step at a time.
class Serial {
 public:
  Serial(const PipelineOptions& o, const Dataset& train)
      : train_(train),
        micro_batches_(o.micro_batches),
        device_(make_cpu_device()),
        training_(*device_, o.sizes(train), o.optimizer, o.largest_micro_batch(), 1),
        order_(permutation(1, 0, train.count)),
        batches_(full_batches(train, o)) {}
  void step() { training_.step(train_, order_, batches_[next_++ % batches_.size()], micro_batches_); }

 private:
  const Dataset& train_;
  int64_t micro_batches_;
  std::unique_ptr<Device> device_;
  SerialTraining training_;
  std::vector<uint32_t> order_;
  std::vector<Range> batches_;
  size_t next_ = 0;
};

// One stage of a pipeline, likewise.
class Stage {
 public:
  Stage(const PipelineOptions& o, const Dataset& train, int rank)
      : train_(train),
        device_(make_cpu_device()),
        layout_(o.layout(o.sizes(train), rank)),
        parameters_(*device_, layout_.count, Purpose::parameters),
        gradients_(*device_, layout_.count, Purpose::gradients),
        pipeline_(*device_, o.make_schedule(), layout_, parameters_, gradients_, o.largest_micro_batch(), MPI_COMM_WORLD),
        optimizer_(*device_, o.optimizer, layout_.count),
        order_(permutation(1, 0, train.count)),
        batches_(full_batches(train, o)) {
    initialize(parameters_, layout_, 1);
  }
  void step() {
    pipeline_.step(train_, order_, batches_[next_++ % batches_.size()]);
    optimizer_.step(parameters_, gradients_);
  }
  const Pipeline& pipeline() const { return pipeline_; }

 private:
  const Dataset& train_;
  std::unique_ptr<Device> device_;
  StageLayout layout_;
  Buffer<> parameters_, gradients_;
  Pipeline pipeline_;
  Optimizer optimizer_;
  std::vector<uint32_t> order_;
  std::vector<Range> batches_;
  size_t next_ = 0;
};

struct Setting {
  PipelineOptions options;
  std::unique_ptr<Stage> stage;
  double planned = 0;  // idle share, with the operations of each chunk
  std::vector<double> seconds, speedup, idle, lost;  // one entry a round; seconds of a step; lost: see CoreShare

  double formula() const {
    return idle_formula(options.schedule, options.stages, int(options.chunks), int(options.micro_batches));
  }
};

std::vector<Setting> make_settings(const Choices& c, const Dataset& train, MpiSession& mpi) {
  const auto setting = [&](const char* schedule, int chunks, int micro_batches) {
    PipelineOptions o(mpi.size());
    o.batch = c.batch;
    o.hidden = c.hidden;
    o.schedule = schedule;
    o.chunks = chunks;
    o.micro_batches = micro_batches;
    const std::vector<int> sizes = o.sizes(train);
    Setting made{o, std::make_unique<Stage>(o, train, mpi.rank()), 0, {}, {}, {}, {}};
    made.planned = check(o.make_schedule(), times_by_operations(sizes, o.layers(sizes))).idle;
    return made;
  };
  std::vector<Setting> settings;
  for (const char* schedule : {"naive", "gpipe", "1f1b"}) settings.push_back(setting(schedule, 1, 8));
  for (int micro_batches : {2, 4, 16}) settings.push_back(setting("1f1b", 1, micro_batches));
  for (int micro_batches : {4, 8, 16}) settings.push_back(setting("interleaved", 2, micro_batches));
  return settings;
}

// Seconds of the serial step in its faster way: the batch whole, or cut as the pipelines do.
double time_serial(std::vector<Serial>& ways, int64_t steps, int rank, CoreShare& share) {
  double best = 0;
  share.begin();
  for (Serial& serial : ways) {
    std::vector<double> seconds;
    for (int64_t i = 0; rank == 0 && i < steps; ++i) {
      const Timer timer;
      serial.step();
      seconds.push_back(timer.seconds());
    }
    if (rank == 0) best = best > 0 ? std::min(best, median(seconds)) : median(seconds);
  }
  share.end();
  sleep_until_all_are_here(MPI_COMM_WORLD);
  return slowest(best);
}

// share: of the serial steps in the same round, with which the speedup is taken.
void time_setting(Setting& s, double serial, int64_t steps, CoreShare share) {
  s.stage->step();
  std::vector<double> seconds, idle;
  share.begin();
  for (int64_t i = 0; i < steps; ++i) {
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    const PipelineTime before = s.stage->pipeline().time();
    const Timer timer;
    s.stage->step();
    seconds.push_back(slowest(timer.seconds()));
    idle.push_back(measured_idle(before, s.stage->pipeline().time(), MPI_COMM_WORLD));
  }
  share.end();
  s.lost.push_back(share.lost(MPI_COMM_WORLD));
  s.seconds.push_back(median(seconds));
  s.idle.push_back(median(idle));
  s.speedup.push_back(serial / s.seconds.back());
}

Verdict verdict_on(const Setting& s, const MpiSession& mpi) { return verdict(s.lost, mpi.node_size()); }

void print(const std::vector<Setting>& settings, const std::vector<double>& serial, const Choices& c, const Dataset& train,
           const MpiSession& mpi) {
  std::printf("%zu-(%zu x %lld)-%zu, batch %lld, %d stage%s\n", train.features(), c.hidden.size(), (long long)c.hidden[0],
              train.classes, (long long)c.batch, mpi.size(), mpi.size() == 1 ? "" : "s");
  std::printf("serial: %.1f ms a step (median of %lld rounds of %lld steps; quartiles %.1f and %.1f ms)\n\n",
              1e3 * median(serial), (long long)c.rounds, (long long)c.steps, 1e3 * quantile(serial, 0.25),
              1e3 * quantile(serial, 0.75));
  std::printf("%-12s %6s %13s %10s %8s %15s   idle: %8s %8s %8s\n", "schedule", "chunks", "micro-batches", "ms a step",
              "speedup", "(quartiles)", "formula", "planned", "measured");
  for (const Setting& s : settings)
    std::printf("%-12s %6lld %13lld %10.1f %8.2f  (%4.2f to %4.2f)         %7.1f%% %7.1f%% %7.1f%%%s\n",
                s.options.schedule.c_str(), (long long)s.options.chunks, (long long)s.options.micro_batches,
                1e3 * median(s.seconds), median(s.speedup), quantile(s.speedup, 0.25), quantile(s.speedup, 0.75),
                100 * s.formula(), 100 * s.planned, 100 * median(s.idle),
                verdict_on(s, mpi) == Verdict::quiet ? "" : (std::string("  ") + name_of(verdict_on(s, mpi))).c_str());
}

void write_csv(const std::vector<Setting>& settings, const std::vector<double>& serial, const Choices& c) {
  std::ofstream out(c.csv);
  out << "# " << machine_name() << ", serial step " << 1e3 * median(serial) << " ms\n"
      << "schedule,chunks,micro_batches,ms,speedup,idle_formula,idle_planned,idle_measured\n";
  for (const Setting& s : settings)
    out << s.options.schedule << ',' << s.options.chunks << ',' << s.options.micro_batches << ',' << 1e3 * median(s.seconds)
        << ',' << median(s.speedup) << ',' << s.formula() << ',' << s.planned << ',' << median(s.idle) << '\n';
  if (!out.flush()) throw Error(c.csv + ": cannot be written");
}

int bench(MpiSession& mpi, int argc, char** argv) {
  Choices c;
  Options options("Times every schedule against the serial step, and how long its stages are idle.");
  options.add("data", &c.data, "folder with the unpacked MNIST files");
  options.add("hidden", &c.hidden, "widths of the hidden layers", between(1, 65536));
  options.add("batch", &c.batch, "rows of a batch", between(16, 1 << 16));
  options.add("rounds", &c.rounds, "turns of each setting", between(1, 1000));
  options.add("steps", &c.steps, "steps a turn", between(1, 1000));
  options.add("csv", &c.csv, "write the table to this file, too");
  options.add("only-if-quiet", &c.only_if_quiet, "end with status 77, no file, if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.rank() == 0) require_writable(c.csv);
  const Dataset train = read_mnist_train(c.data);
  require_samples(train, c.batch);

  std::vector<Setting> settings = make_settings(c, train, mpi);
  std::vector<Serial> ways;
  for (int64_t micro_batches : {1, 8}) {
    PipelineOptions o = settings[0].options;
    o.micro_batches = micro_batches;
    ways.emplace_back(o, train);
  }
  std::vector<double> serial;
  for (int64_t round = 0; round < c.rounds; ++round) {
    CoreShare share;
    serial.push_back(time_serial(ways, c.steps, mpi.rank(), share));
    for (Setting& s : settings) time_setting(s, serial.back(), c.steps, share);
  }
  const bool quiet =
      std::ranges::all_of(settings, [&](const Setting& s) { return verdict_on(s, mpi) == Verdict::quiet; });
  const int status = c.only_if_quiet && !quiet ? not_quiet_status : 0;
  if (mpi.rank() != 0) return status;
  std::printf("%s\n", machine_name().c_str());
  print(settings, serial, c, train, mpi);
  if (!c.csv.empty() && status == 0) write_csv(settings, serial, c);
  return status;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench); }
