// The record of a run: a CSV file with one line per reported step, which `make plot` draws.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

class RunRecord {
 public:
  // Opens `file` (an empty name records nothing).  steps_before: of a run that is continued: what the file says of them stays,
  // and what is behind is cut off, a half line, too: the run that wrote it may have died there.
  // Throws Error if it cannot be written, or is no record and was to be continued.
  explicit RunRecord(const std::string& file, size_t steps_before = 0);

  // accuracy: share of the test set that was classified correctly, or a negative number where it was not measured (the
  // field stays empty).  samples_per_second: of the training so far, evaluation not counted.
  // Throws Error if the line cannot be written (a full disk).
  void add(size_t step, double loss, double accuracy, double samples_per_second);

 private:
  std::string file_;
  std::ofstream out_;
};
