// Which trial deserves more epochs? Asynchronous successive halving, as a pure state machine without MPI.
//
// All trials get a little time (rung 0). Of those that have finished a rung, the best 1/eta go on to the next rung, which
// has about eta times as many epochs; the others are given up. So most of the time goes to the few that look good.
// Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016, do it in
// rounds: a rung begins when the one below is complete, and processes wait for the slowest trial. Li et al., "A system
// for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2 (ASHA), decide with the results that are there: a
// free process always gets something, at the price of promoting now and then one that would not be among the best.
#pragma once

#include <optional>
#include <vector>

class Halving {
 public:
  // rungs: how many there are, at least 1; eta at least 2.
  Halving(int trials, int rungs, int eta);

  struct Job {
    int trial, rung;
    bool operator==(const Job&) const = default;
  };

  // What a free process should do: promote the best trial that may rise, from the highest rung down; else begin the next
  // trial; nothing if both are impossible until more results come. The job counts as handed out.
  std::optional<Job> next();

  // The result of a job that was handed out: larger is better; NaN (a trial that failed) never rises.
  void report(Job job, double score);

  // A result from a former search: the job counts as handed out and reported, like those below it.
  void restore(Job job, double score);

  // No job is out and none will come.
  bool finished() const { return running_ == 0 && !find_next(); }
  int running() const { return running_; }

  // Epochs in all after which a trial has completed `rung`, if it starts with `first` epochs: first · eta^rung.
  static int epochs_after(int rung, int first, int eta);

 private:
  enum class State { untouched, running, done, promoted };
  struct Entry {
    State state = State::untouched;
    double score = 0;
  };

  std::optional<Job> find_next() const;
  std::optional<int> best_to_promote(int rung) const;
  Entry& entry(Job job) { return rungs_[size_t(job.rung)][size_t(job.trial)]; }

  int eta_, running_ = 0;
  std::vector<std::vector<Entry>> rungs_;  // [rung][trial]
};
