// Wall-clock time.
#pragma once

#include <chrono>

// Seconds since some moment: the clock of every Timer. A test may put a clock of its own in its place.
inline double (*clock_seconds)() = [] {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
};

class Timer {
 public:
  double seconds() const { return clock_seconds() - start_; }
  void restart() { start_ = clock_seconds(); }

 private:
  double start_ = clock_seconds();
};
