// Was a measurement disturbed by something else on the machine? A median hides one bad turn, but not three of five.
#pragma once

#include <algorithm>
#include <vector>

#include "common/statistics.h"

// times: for each thing that was measured, its seconds, one entry for each of the turns.  Disturbed are they if
//   - the turns of one thing disagree: its upper quartile is more than a quarter above its lower one; or
//   - the ranks often lost their cores: more than once a turn, and 20 times a second, each. (A process that shares
//     its core loses it some hundred times a second.)
// interruptions: of all ranks, in `seconds` seconds that the turns took.
inline bool disturbed(const std::vector<std::vector<double>>& times, long interruptions, double seconds, int ranks) {
  const auto disagree = [](const std::vector<double>& t) { return quantile(t, 0.75) > 1.25 * quantile(t, 0.25); };
  const double turns = double(times.front().size());
  return std::any_of(times.begin(), times.end(), disagree) || double(interruptions) > ranks * (turns + 20 * seconds);
}
