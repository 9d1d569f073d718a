// How many steps between two checkpoints, on how many machines?
#include <algorithm>
#include <cmath>

// A job runs on `machines` machines. Each of them fails once in `hours` hours, on average, by itself; a failure of any one stops
// the whole job, which continues from its newest checkpoint. A step takes step_seconds, saving takes save_seconds.
//
// Saving after every k steps costs the share  save_seconds / (k · step_seconds)  of the time. A failure throws away half of what
// lies between two checkpoints: that costs the share  k · step_seconds / (2 · m),  where m are the seconds between two failures
// of the job.
//
// Returns the whole number k, 1 or more, for which the sum of the two shares is smallest.
int steps_between_checkpoints(double step_seconds, double save_seconds, double hours, int machines) {
  // BEGIN SOLUTION
  const double m = 3600 * hours / machines;
  const auto lost = [&](double k) { return save_seconds / (k * step_seconds) + k * step_seconds / (2 * m); };
  const double below = std::max(1.0, std::floor(std::sqrt(2 * save_seconds * m) / step_seconds));
  return int(lost(below) <= lost(below + 1) ? below : below + 1);
  // TODO
  // How often does the job fail? The chapter has a formula for the best time; it is seldom a whole number of steps. Which of its
  // two neighbours is better?
  // STUB
  // return 1;
  // END SOLUTION
}
