// One line at the bottom of the terminal that says how far a long run is. Silent when the output goes to a file.
#pragma once

#include <string>

#include "common/timer.h"

class Progress {
 public:
  // total: steps of the whole run; per_step: samples of a step, for the rate; 0: no rate.
  Progress(size_t total, size_t per_step, bool wanted = true);
  ~Progress() { clear(); }

  // Call after each step; draws at most ten times a second.
  void step(const std::string& text);
  // Removes the line, before something else is printed.
  void clear();

 private:
  size_t total_, per_step_, done_ = 0;
  bool visible_, drawn_ = false;
  double last_drawn_ = -1;
  Timer timer_;
};
