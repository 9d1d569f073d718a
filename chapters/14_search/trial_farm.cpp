#include "chapters/14_search/trial_farm.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "chapters/04_point_to_point/patience.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

// stretch_tag: a Stretch, from the manager; over_tag: nothing, from the manager; outcome_tag: an Outcome, from a worker.
// After a Stretch that does not begin at epoch 0, and after each Outcome, the weights follow.
enum Tag { stretch_tag = 1, over_tag, outcome_tag, weights_tag };

void send_weights(const std::vector<float>& weights, int to, MPI_Comm comm) {
  MPI_CHECK(MPI_Send(weights.data(), int(weights.size()), MPI_FLOAT, to, weights_tag, comm));
}

// The receiver does not know how many there are: it asks.
std::vector<float> receive_weights(int from, MPI_Comm comm) {
  MPI_Status status;
  int n = 0;
  MPI_CHECK(MPI_Probe(from, weights_tag, comm, &status));
  MPI_CHECK(MPI_Get_count(&status, MPI_FLOAT, &n));
  std::vector<float> weights(size_t(n), 0.0f);
  MPI_CHECK(MPI_Recv(weights.data(), n, MPI_FLOAT, from, weights_tag, comm, MPI_STATUS_IGNORE));
  return weights;
}

class Manager {
 public:
  Manager(Halving& halving, const std::vector<Trial>& trials, const FarmOptions& options, MPI_Comm comm)
      : halving_(halving), trials_(trials), options_(options), comm_(comm) {
    const int size = ranks_of(comm);
    for (int rank = size - 1; rank >= 1; --rank) free_.push_back(rank);
    handed_out_.resize(size_t(size));
    report_.held_seconds.resize(size_t(size));
    report_.stretches.resize(size_t(size));
    seen_.resize(size_t(size));
  }

  FarmReport run() {
    clock_.restart();
    for (hand_out(); halving_.running() > 0; hand_out()) take_result();
    report_.wall_seconds = clock_.seconds();
    for (const std::set<int>& trials : seen_) report_.trials.push_back(int(trials.size()));
    return report_;
  }

 private:
  // Gives free workers something to do, as long as there is something.
  void hand_out() {
    while (!free_.empty()) {
      const std::optional<Halving::Job> job = halving_.next();
      if (!job) return;
      start(*job, free_.back());
      free_.pop_back();
    }
  }

  void start(Halving::Job job, int worker) {
    Stretch stretch{.trial = trials_[size_t(job.trial)], .rung = job.rung};
    const auto kept = weights_.find(job.trial);
    const bool goes_on =
        kept != weights_.end();  // else from the beginning: a restored trial has left no weights
    stretch.first_epoch =
        goes_on ? Halving::epochs_after(job.rung - 1, options_.first_epochs, options_.eta) : 0;
    stretch.last_epoch = Halving::epochs_after(job.rung, options_.first_epochs, options_.eta);
    MPI_CHECK(MPI_Send(&stretch, sizeof stretch, MPI_BYTE, worker, stretch_tag, comm_));
    if (goes_on) {
      send_weights(kept->second, worker, comm_);
      weights_.erase(kept);
    }
    handed_out_[size_t(worker)] = clock_.seconds();
    ++report_.stretches[size_t(worker)];
    seen_[size_t(worker)].insert(job.trial);
  }

  void take_result() {
    // Results come seconds apart: the manager sleeps and leaves its core to the workers.
    const int worker = wait_asleep(MPI_ANY_SOURCE, outcome_tag, comm_).MPI_SOURCE;
    Outcome outcome;
    MPI_CHECK(MPI_Recv(&outcome, sizeof outcome, MPI_BYTE, worker, outcome_tag, comm_, MPI_STATUS_IGNORE));
    std::vector<float> weights = receive_weights(worker, comm_);
    if (!outcome.failed) weights_[outcome.trial] = std::move(weights);
    report_.held_seconds[size_t(worker)] += clock_.seconds() - handed_out_[size_t(worker)];
    halving_.report({outcome.trial, outcome.rung}, outcome.accuracy);
    if (options_.result) options_.result(outcome, worker);
    free_.push_back(worker);
  }

  Halving& halving_;
  const std::vector<Trial>& trials_;
  const FarmOptions& options_;
  MPI_Comm comm_;
  std::vector<int> free_;                      // workers without work
  std::vector<double> handed_out_;             // [worker]: when
  std::map<int, std::vector<float>> weights_;  // of trials that wait
  std::vector<std::set<int>> seen_;            // [worker]: trials
  FarmReport report_;
  Timer clock_;
};

}  // namespace

Outcome run_guarded(const RunStretch& run, const Stretch& stretch, std::vector<float>& weights) try {
  return run(stretch, weights);
} catch (const Error& error) {
  std::fprintf(stderr, "trial %d failed: %s\n", stretch.trial.number, error.what());
  return {.trial = stretch.trial.number,
          .rung = stretch.rung,
          .epochs = stretch.last_epoch,
          .failed = 1,
          .accuracy = std::numeric_limits<double>::quiet_NaN()};
}

double FarmReport::utilisation() const {
  const double held = std::accumulate(held_seconds.begin(), held_seconds.end(), 0.0);
  const double workers = double(held_seconds.size()) - 1;  // number 0 is the manager
  return wall_seconds > 0 ? held / (workers * wall_seconds) : 0;
}

FarmReport manage(Halving& halving, const std::vector<Trial>& trials, const FarmOptions& options,
                  MPI_Comm comm) {
  return Manager(halving, trials, options, comm).run();
}

Outcome ask(const Stretch& stretch, MPI_Comm comm) {
  MPI_CHECK(MPI_Send(&stretch, sizeof stretch, MPI_BYTE, 1, stretch_tag, comm));
  wait_asleep(1, outcome_tag, comm);
  Outcome outcome;
  MPI_CHECK(MPI_Recv(&outcome, sizeof outcome, MPI_BYTE, 1, outcome_tag, comm, MPI_STATUS_IGNORE));
  receive_weights(1, comm);
  return outcome;
}

void dismiss(MPI_Comm comm) {
  for (int worker = 1; worker < ranks_of(comm); ++worker)
    MPI_CHECK(MPI_Send(nullptr, 0, MPI_BYTE, worker, over_tag, comm));
}

void work(const RunStretch& run, MPI_Comm comm) {
  for (;;) {
    const MPI_Status next = wait_asleep(0, MPI_ANY_TAG, comm);
    if (next.MPI_TAG == over_tag) {
      MPI_CHECK(MPI_Recv(nullptr, 0, MPI_BYTE, 0, over_tag, comm, MPI_STATUS_IGNORE));
      return;
    }
    Stretch stretch;
    MPI_CHECK(MPI_Recv(&stretch, sizeof stretch, MPI_BYTE, 0, stretch_tag, comm, MPI_STATUS_IGNORE));
    std::vector<float> weights;
    if (stretch.first_epoch > 0) weights = receive_weights(0, comm);
    const Outcome outcome = run_guarded(run, stretch, weights);
    MPI_CHECK(MPI_Send(&outcome, sizeof outcome, MPI_BYTE, 0, outcome_tag, comm));
    send_weights(weights, 0, comm);
  }
}
