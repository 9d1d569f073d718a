// Finds suitable parameters: rank 0 hands out trials of (learning rate, width, batch, seed), teams of the other ranks train them,
// and successive halving gives up the hopeless ones early. A trial is chapter 10's program: a team may be any grid.
//
// The choice is made on a sixth of the training set, 10,000 samples of MNIST, that is not trained on. The test set is looked at
// once, at the end, by the winner alone: the best of many validation accuracies is too good by the luck of the choice.
//
// Run: make 14-search RANKS=4 ARGS="--log build/search.csv"
//      make 14-search RANKS=5 ARGS="--replicas 2"            two teams of two ranks
//      sh chapters/14_search/search.sh build/search.csv       draws the curves of all trials
#include <algorithm>
#include <cstdio>

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/14_search/search_journal.h"
#include "chapters/14_search/team.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

struct SearchOptions {
  std::string data = "build/data";
  int64_t trials = 40, first_epochs = 1, rungs = 4, eta = 2, seed = 1, train_samples = 0;
  std::string log, device = "cpu";
  bool resume = false;
  int64_t replicas = 1, pipeline = 1, tensor = 1, micro_batches = 0;

  GridShape team() const { return {int(replicas), int(pipeline), int(tensor)}; }
  // Enough for every data rank and stage; a trial's bits depend on it.
  int parts() const { return int(micro_batches > 0 ? micro_batches : replicas * pipeline); }

  void declare(Options& options) {
    options.add("replicas", &replicas, "ranks of a trial that share the batch", between(1, 1024));
    options.add("pipeline", &pipeline, "ranks of a trial that share the layers", between(1, 3));
    options.add("tensor", &tensor, "ranks of a trial that share each layer", between(1, 1024));
    options.add("micro-batches", &micro_batches, "parts of a batch; 0: replicas times pipeline", at_least(0));
    options.add("device", &device, "where to compute", device_names);
    options.add("data", &data, "folder with the unpacked MNIST files");
    options.add("trials", &trials, "how many settings to try", between(1, 100000));
    options.add("first-epochs", &first_epochs, "epochs that every trial gets", between(1, 1000));
    options.add("rungs", &rungs,
                "how often the field is looked at; a survivor trains first-epochs · eta^(rungs-1)",
                between(1, 10));
    options.add("eta", &eta, "one in eta goes on to the next rung", between(2, 10));
    options.add("seed", &seed, "of the choice of trials", at_least(0));
    options.add("train-samples", &train_samples,
                "train on the first N samples; 0: on all but the last sixth, which is for validation", at_least(0));
    options.add("log", &log, "write each result to this CSV file, as it comes");
    options.add("resume", &resume, "go on where the search of --log ended");
  }
};

// What is known of a trial at the end.
struct Row {
  Trial trial;
  Outcome best;  // of its highest rung
  double seconds = 0;
};

// The results of --log, to go on with.  Throws Error if they are those of another search.
std::vector<Outcome> results_before(const SearchOptions& o, const std::vector<Trial>& trials) {
  const std::vector<Outcome> outcomes = read_journal(o.log, trials);
  for (const Outcome& outcome : outcomes)
    if (outcome.rung < 0 || outcome.rung >= o.rungs ||
        outcome.epochs != Halving::epochs_after(outcome.rung, int(o.first_epochs), int(o.eta)))
      throw Error(o.log + ": a result after " + std::to_string(outcome.epochs) + " epochs on rung " +
                  std::to_string(outcome.rung) + " belongs to another search (other --first-epochs, --rungs or --eta?)");
  return outcomes;
}

std::vector<Row> rows_of(const std::vector<Trial>& trials, const std::vector<Outcome>& outcomes) {
  std::vector<Row> rows;
  for (const Trial& trial : trials) rows.push_back({trial, {.rung = -1}, 0});
  for (const Outcome& outcome : outcomes) {
    Row& row = rows[size_t(outcome.trial)];
    row.seconds += outcome.seconds;
    if (outcome.rung > row.best.rung) row.best = outcome;
  }
  // The best accuracy first, whatever its rung; trials that failed last.
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.best.failed != b.best.failed) return a.best.failed < b.best.failed;
    return !a.best.failed && a.best.accuracy > b.best.accuracy;
  });
  return rows;
}

void print_table(const std::vector<Row>& rows) {
  std::printf("\n%5s %14s %6s %6s %6s %7s %12s %9s\n", "trial", "learning rate", "width", "batch", "seed",
              "epochs", "validation", "seconds");
  for (const Row& row : rows) {
    char accuracy[32] = "diverged";
    if (!row.best.failed) std::snprintf(accuracy, sizeof accuracy, "%.2f %%", 100 * row.best.accuracy);
    std::printf("%5d %14.4f %6d %6d %6d %7d %12s %9.1f\n", row.trial.number, row.trial.learning_rate,
                row.trial.width, row.trial.batch, row.trial.seed, row.best.epochs, accuracy, row.seconds);
  }
}

void print_farm(const FarmReport& report) {
  std::printf("\nfrom the first hand-out to the last result %.1f s; teams held a trial %.0f %% of that time:\n",
              report.wall_seconds, 100 * report.utilisation());
  for (size_t team = 1; team < report.held_seconds.size(); ++team)
    std::printf("  team %zu: %d stretches of %d trials, %.1f s\n", team, report.stretches[team], report.trials[team],
                report.held_seconds[team]);
}

// Has a team train the winner again, with all that it got, and shows it the test set for the first time. The same weights,
// because a run is a function of its parameters; so nobody has to keep the best ones.
void judge(const Row& winner, MPI_Comm farm) {
  const Outcome last = ask({.trial = winner.trial, .last_epoch = winner.best.epochs, .last_look = 1}, farm);
  std::printf("\nthe most suitable: learning rate %.4f, width %d, batch %d, seed %d, after %d epochs: validation %.2f %%, "
              "test %.2f %%\n",
              winner.trial.learning_rate, winner.trial.width, winner.trial.batch, winner.trial.seed, winner.best.epochs,
              100 * winner.best.accuracy, 100 * last.accuracy);
}

void lead_search(const SearchOptions& o, MPI_Comm farm) {
  std::printf("%d team%s of %d rank%s: a trial is a grid of %s\n", ranks_of(farm) - 1, ranks_of(farm) == 2 ? "" : "s",
              o.team().ranks(), o.team().ranks() == 1 ? "" : "s", to_string(o.team()).c_str());
  std::vector<Trial> trials;
  for (int number = 0; number < o.trials; ++number) trials.push_back(random_trial(uint64_t(o.seed), number));
  Halving halving(int(o.trials), int(o.rungs), int(o.eta));
  std::vector<Outcome> outcomes;
  if (o.resume) outcomes = results_before(o, trials);
  for (const Outcome& outcome : outcomes) halving.restore({outcome.trial, outcome.rung}, outcome.accuracy);
  if (o.resume) std::printf("%zu results of %s are kept\n", outcomes.size(), o.log.c_str());

  SearchJournal journal(o.log, o.resume);
  FarmOptions options{.first_epochs = int(o.first_epochs), .eta = int(o.eta)};
  options.result = [&](const Outcome& outcome, int team) {
    journal.add(trials[size_t(outcome.trial)], outcome, team);
    outcomes.push_back(outcome);
    std::printf("team %d: trial %3d, %2d epochs: ", team, outcome.trial, outcome.epochs);
    std::printf(outcome.failed ? "diverged\n" : "%.2f %%\n", 100 * outcome.accuracy);
    std::fflush(stdout);
  };
  const FarmReport report = manage(halving, trials, options, farm);

  const std::vector<Row> rows = rows_of(trials, outcomes);
  print_table(rows);
  print_farm(report);
  if (!rows.front().best.failed) judge(rows.front(), farm);
  dismiss(farm);
  if (rows.front().best.failed) throw Error("every trial diverged: no setting was found");
}

int search(MpiSession& mpi, int argc, char** argv) {
  SearchOptions o;
  Options options("Searches for learning rate, width, batch and seed; each trial has a team of ranks.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (o.resume && o.log.empty()) throw Error("--resume: needs --log, the record to go on with");

  const Teams teams(o.team().ranks(), MPI_COMM_WORLD);
  const Dataset all = read_mnist_train(o.data), test = read_mnist_test(o.data, all);
  const size_t rest = all.count - all.count / 6, samples = o.train_samples > 0 ? size_t(o.train_samples) : rest;
  if (samples < largest_batch || samples > rest)
    throw Error("--train-samples: " + std::to_string(samples) + ", expected " + std::to_string(largest_batch) + " to the " +
                std::to_string(rest) + " of " + o.data + " that are not for validation");
  const Dataset train = part_of(all, {0, samples}), validation = part_of(all, {rest, all.count});
  if (teams.manager()) {
    lead_search(o, teams.farm());
    return 0;
  }
  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const Grid grid(o.team(), teams.team());
  work_in_team(
      [&](const Stretch& stretch, std::vector<float>& weights) {
        return run_stretch(stretch, weights, train, stretch.last_look ? test : validation, *device, grid, o.parts());
      },
      teams);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, search); }
