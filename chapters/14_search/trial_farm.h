// A manager (rank 0) hands out stretches of trials to workers (all other ranks) as they become free. A worker is one rank, or
// the leader of a team (team.h).
//
// The manager never waits for a particular worker: it takes whichever result comes next (MPI_ANY_SOURCE). A trial that
// rises may go on at another worker, so its weights travel with it.
//
// What a failure costs. A trial that diverges, or whose work throws an Error, costs that trial. A worker *process* that
// dies is another matter: MPI-3.1 (section 2.8) does not say what happens to the others, and most launchers end them
// all. There is no way in MPI-3.1 to learn who died, or to go on without him. So each result is written to a
// journal as it comes, and a new search begins where the old one ended; it costs the stretches that were running.
#pragma once

#include <mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "chapters/14_search/halving.h"
#include "chapters/14_search/trial.h"

struct FarmReport {
  double wall_seconds = 0;  // from the first hand-out to the last result
  std::vector<double>
      held_seconds;  // [worker]: how long it held a stretch, hand-out to result, as the manager sees it
  std::vector<int> stretches, trials;  // [worker]: how many it ran; how many different trials

  double utilisation() const;  // held / (workers · wall), 0 to 1
};

struct FarmOptions {
  int first_epochs = 1, eta = 2;  // a trial has trained first_epochs · eta^rung epochs after a rung
  // Called on the manager after each result, in the order of arrival.
  std::function<void(const Outcome&, int worker)> result = {};
};

// On rank 0 of comm, at least two ranks. `halving` says what comes next; trials[i].number == i. Workers wait for more when it
// returns.
FarmReport manage(Halving& halving, const std::vector<Trial>& trials, const FarmOptions& options,
                  MPI_Comm comm);
// On rank 0: one stretch from the beginning, by worker 1.
Outcome ask(const Stretch& stretch, MPI_Comm comm);
// On rank 0: tells all workers that it is over.
void dismiss(MPI_Comm comm);

// On the other ranks: runs stretches until the manager says that it is over. An Error of `run` is reported as a failed
// outcome; its text goes to stderr. Any other exception is a fault of the program, and ends it.
using RunStretch = std::function<Outcome(const Stretch&, std::vector<float>& weights)>;
void work(const RunStretch& run, MPI_Comm comm);
Outcome run_guarded(const RunStretch& run, const Stretch& stretch, std::vector<float>& weights);
