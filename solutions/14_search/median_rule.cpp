// Which of the running trials are to be stopped? The median rule.
#include <algorithm>
#include <vector>

// accuracy (trials, steps): what each trial has reported so far; trial t has reported the first reported[t] of its row, and what
// stands behind them means nothing. A trial that has reported all of its steps is finished, any other one is running.
//
// A running trial that has reported s accuracies, 1 or more, is stopped if the best of them is below the median of the running
// means of the finished trials: the mean of the first s accuracies of each. The median of an even number of values is the mean
// of the two in the middle. A trial that has reported nothing goes on; so do all, where no trial is finished.
// Source: D. Golovin et al., "Google Vizier: A Service for Black-Box Optimization", KDD 2017, median stopping rule.
//
// stop (trials): 1 for the trials that are to be stopped, 0 for all others.
void median_rule(int* stop, const float* accuracy, const int* reported, int trials, int steps) {
  // BEGIN SOLUTION
  for (int t = 0; t < trials; ++t) {
    stop[t] = 0;
    const int s = reported[t];
    if (s == 0 || s == steps) continue;
    std::vector<double> means;
    for (int other = 0; other < trials; ++other) {
      if (reported[other] < steps) continue;
      double sum = 0;
      for (int i = 0; i < s; ++i) sum += accuracy[other * steps + i];
      means.push_back(sum / s);
    }
    if (means.empty()) continue;
    std::sort(means.begin(), means.end());
    const size_t n = means.size();
    const double median = (means[(n - 1) / 2] + means[n / 2]) / 2;
    const float* row = accuracy + t * steps;
    if (*std::max_element(row, row + s) < median) stop[t] = 1;
  }
  // TODO
  // Nobody is stopped here. For a trial with s accuracies, which numbers of the finished trials are compared with it? Write them
  // down for two finished trials and s = 1, then for s = 2.
  // STUB
  // std::fill_n(stop, trials, 0);
  // END SOLUTION
}
