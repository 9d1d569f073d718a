#include "chapters/06_data_parallel/interleaved.h"

#include <optional>

#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "common/statistics.h"
#include "common/timer.h"

Trainer::Trainer(const DataParallelOptions& o, const Dataset& train, std::unique_ptr<Device> device)
    : options_(o),
      train_(train),
      device_(std::move(device)),
      layout_(make_layout(o.sizes(train))),
      parameters_(*device_, layout_.count, Purpose::parameters),
      gradients_(*device_, layout_.count, o.allreduce),
      mlp_(*device_, layout_, parameters_, gradients_, {.rows = o.largest_micro_batch()}),
      head_(*device_, {.rows = o.largest_micro_batch()}),
      optimizer_(*device_, o.optimizer, layout_.count),
      order_(permutation(1, 0, train.count)),
      batches_(batches(train.count / size_t(o.batch) * size_t(o.batch), size_t(o.batch))),
      exchange_(make_exchange(o, train.count, mlp_, head_, gradients_)) {
  std::vector<float> weights(layout_.count);
  initialize(weights.data(), layout_, 1);
  device_->copy_in(parameters_.data(), weights.data(), layout_.count);
}

void Trainer::step() {
  const Range batch = batches_[next_++ % batches_.size()];
  double loss = 0;
  Write write = Write::overwrite;
  for (int m = 0; m < options_.micro_batches; ++m) {
    const Range rows = exchange_->begin(batch, m);
    if (rows.empty()) continue;
    load_images(mlp_, train_, order_, rows);
    head_.load_labels(train_, order_, rows);
    mlp_.forward(int(rows.size()));
    head_.backward(mlp_, batch.size());
    mlp_.backward(write);
    loss += head_.loss(mlp_, batch.size());
    write = Write::accumulate;
  }
  exchange_->finish(loss);
  optimizer_.step(parameters_, gradients_);
}

double Trainer::exchange_alone() {
  // With rows: who has none does not take part.
  for (int m = 0; m < options_.micro_batches; ++m) exchange_->begin(batches_[0], m);
  device_->fill(gradients_, 0.5f, layout_.count);  // written anew, as backward does
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  exchange_->finish(0);
  return timer.seconds();
}

std::vector<float> Trainer::weights() const {
  std::vector<float> weights(layout_.count);
  device_->copy_out(weights.data(), parameters_.data(), layout_.count);
  return weights;
}

Setting make_setting(const std::string& name, const DataParallelOptions& options, const Dataset& train, std::unique_ptr<Device> device) {
  return {name, std::make_unique<Trainer>(options, train, std::move(device)), {}, {}, {}, {}, {}};
}

namespace {

double mean_over_ranks(double value, int ranks) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
  return value / ranks;
}

// Chapter 01's step on whole batches, one after the other.
class SerialSteps {
 public:
  SerialSteps(const DataParallelOptions& o, const Dataset& train)
      : train_(train),
        device_(make_cpu_device()),
        training_(*device_, o.sizes(train), o.optimizer, int(o.batch), 1),
        order_(permutation(1, 0, train.count)),
        batches_(batches(train.count / size_t(o.batch) * size_t(o.batch), size_t(o.batch))) {}
  void step() { training_.step(train_, order_, batches_[next_++ % batches_.size()], 1, 1); }

 private:
  const Dataset& train_;
  std::unique_ptr<Device> device_;
  SerialTraining training_;
  std::vector<uint32_t> order_;
  std::vector<Range> batches_;
  size_t next_ = 0;
};

// Medians over the steps of a turn: another program that takes a core away for some steps does not count.
double time_serial(SerialSteps& serial, int64_t steps, bool takes_part, CoreShare& share) {
  std::vector<double> seconds = {0};
  if (takes_part) {
    for (int warm = 0; warm < 2; ++warm) serial.step();
    seconds.clear();
    share.begin();
    for (int64_t i = 0; i < steps; ++i) {
      const Timer timer;
      serial.step();
      seconds.push_back(timer.seconds());
    }
    share.end();
  }
  sleep_until_all_are_here(MPI_COMM_WORLD);
  return slowest(median(seconds));
}

void time_setting(Setting& s, const Rounds& round, int64_t steps, int ranks, CoreShare& share) {
  for (int warm = 0; warm < 2; ++warm) s.trainer->step();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  std::vector<double> steps_taken, exchanging, alone;
  share.begin();
  for (int64_t i = 0; i < steps; ++i) {
    const double before = s.trainer->exchanged();
    const Timer timer;
    s.trainer->step();
    steps_taken.push_back(timer.seconds());
    exchanging.push_back(s.trainer->exchanged() - before);
  }
  share.end();
  const double seconds = slowest(median(steps_taken));
  s.step.push_back(seconds);
  s.speedup.push_back(round.serial.back() / seconds);
  s.of_limit.push_back(s.speedup.back() / round.limit.back());
  s.exchanging.push_back(mean_over_ranks(median(exchanging), ranks));
  for (int i = 0; i < 3; ++i) alone.push_back(slowest(s.trainer->exchange_alone()));
  s.alone.push_back(median(alone));
}

}  // namespace

Rounds take_turns(std::vector<Setting>& settings, const DataParallelOptions& o, const Dataset& train, int64_t rounds,
                  int64_t steps, const MpiSession& mpi) {
  SerialSteps serial(o, train);
  std::optional<SharedWindow> window;
  if (share_memory(mpi) && mpi.size() > 1) window.emplace(MPI_COMM_WORLD, 16);
  CoreShare share;
  Rounds result;
  for (int64_t round = 0; round < rounds; ++round) {
    if (window) result.latency.push_back(core_to_core(*window, mpi.rank()));
    result.serial.push_back(time_serial(serial, steps, mpi.rank() == 0, share));
    result.limit.push_back(mpi.size() * result.serial.back() / time_serial(serial, steps, true, share));
    for (Setting& s : settings) time_setting(s, result, steps, mpi.size(), share);
  }
  result.lost = share.lost(MPI_COMM_WORLD);
  return result;
}
