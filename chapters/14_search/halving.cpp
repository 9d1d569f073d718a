#include "chapters/14_search/halving.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"

Halving::Halving(int trials, int rungs, int eta) : eta_(eta) {
  if (trials < 1 || rungs < 1 || eta < 2)
    throw Error("successive halving: " + std::to_string(trials) + " trials, " + std::to_string(rungs) +
                " rungs, eta " + std::to_string(eta));
  rungs_.assign(size_t(rungs), std::vector<Entry>(size_t(trials)));
}

std::optional<Halving::Job> Halving::next() {
  const std::optional<Job> job = find_next();
  if (!job) return {};
  if (job->rung > 0) entry({job->trial, job->rung - 1}).state = State::promoted;
  entry(*job).state = State::running;
  ++running_;
  return job;
}

std::optional<Halving::Job> Halving::find_next() const {
  for (int rung = int(rungs_.size()) - 2; rung >= 0; --rung)
    if (const std::optional<int> trial = best_to_promote(rung)) return Job{*trial, rung + 1};
  const auto untouched = std::find_if(rungs_[0].begin(), rungs_[0].end(),
                                      [](const Entry& e) { return e.state == State::untouched; });
  if (untouched == rungs_[0].end()) return {};
  return Job{int(untouched - rungs_[0].begin()), 0};
}

// The best trial of this rung that is among its best 1/eta and has not risen yet. Equal scores: the lower number.
std::optional<int> Halving::best_to_promote(int rung) const {
  const std::vector<Entry>& entries = rungs_[size_t(rung)];
  std::vector<int> completed;
  for (int trial = 0; trial < int(entries.size()); ++trial)
    if (entries[size_t(trial)].state >= State::done) completed.push_back(trial);

  const size_t places = completed.size() / size_t(eta_);
  std::stable_sort(completed.begin(), completed.end(), [&](int a, int b) {
    const double left = entries[size_t(a)].score, right = entries[size_t(b)].score;
    return std::isnan(right) ? !std::isnan(left) : left > right;  // NaN comes last
  });
  for (size_t place = 0; place < places; ++place) {
    const Entry& e = entries[size_t(completed[place])];
    if (e.state == State::done && !std::isnan(e.score)) return completed[place];
  }
  return {};
}

void Halving::report(Job job, double score) {
  if (entry(job).state != State::running)
    throw Error("successive halving: a result of trial " + std::to_string(job.trial) + ", rung " +
                std::to_string(job.rung) + ", which is not running");
  entry(job) = {State::done, score};
  --running_;
}

void Halving::restore(Job job, double score) {
  if (job.trial < 0 || job.trial >= int(rungs_[0].size()) || job.rung < 0 || job.rung >= int(rungs_.size()))
    throw Error("successive halving: no trial " + std::to_string(job.trial) + ", rung " +
                std::to_string(job.rung));
  // Its own next rung may have been restored before: then it has risen already.
  const bool risen =
      job.rung + 1 < int(rungs_.size()) && entry({job.trial, job.rung + 1}).state != State::untouched;
  entry(job) = {risen ? State::promoted : State::done, score};
  if (job.rung > 0) entry({job.trial, job.rung - 1}).state = State::promoted;
}

int Halving::epochs_after(int rung, int first, int eta) {
  int epochs = first;
  for (int r = 0; r < rung; ++r) epochs *= eta;
  return epochs;
}
