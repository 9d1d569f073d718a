// A farm whose trials have several ranks each: the ranks are cut into teams, and each trial is a parallel program of its own.
//
//   world    0         1       2 3      4       5 6
//   farm     manager   leader           leader          stretches, outcomes, weights: trial_farm.h
//   team               0       1 2      0       1 2      the training: messages of one trial never meet those of another
#pragma once

#include "chapters/14_search/trial_farm.h"

class Teams {
 public:
  // Collective over world.  Rank 0 is the manager; the ranks behind it are cut into teams of so many neighbours.
  // Throws Error, on every rank, if that leaves a rest, or no team at all.
  Teams(int ranks_per_trial, MPI_Comm world);
  ~Teams();
  Teams(const Teams&) = delete;
  Teams& operator=(const Teams&) = delete;

  bool manager() const { return team_ == MPI_COMM_NULL; }
  bool leader() const { return !manager() && farm_ != MPI_COMM_NULL; }
  MPI_Comm farm() const { return farm_; }  // the manager and the leaders; MPI_COMM_NULL for all others
  MPI_Comm team() const { return team_; }  // of this rank; MPI_COMM_NULL for the manager

 private:
  MPI_Comm farm_ = MPI_COMM_NULL, team_ = MPI_COMM_NULL;
};

// On every rank but the manager: runs stretches until the manager says that it is over. `run` is called by all ranks of a team
// with the same arguments.  It throws an Error on all of them or on none (trial.h): that costs the trial. Any other exception ends
// the job, with its own text: the others may wait for that rank in MPI.
void work_in_team(const RunStretch& run, const Teams& teams);
