// The record of a parameter search: one CSV line per result, written as it comes. It is what survives when a process dies.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "chapters/14_search/trial.h"

class SearchJournal {
 public:
  // Opens `file`, empties it unless `append`; an empty name records nothing.  Throws Error if it cannot be written.
  // append: behind the last whole line; a half one is cut off.
  SearchJournal(const std::string& file, bool append);

  // Throws Error if the line cannot be written.
  void add(const Trial& trial, const Outcome& outcome, int worker);

 private:
  std::string file_;
  std::ofstream out_;
};

// The outcomes in `file`, in their order. A last line without its end (the process died while writing) is left out,
// be it the first line.
// Each line ends with a check of its bytes: one that is damaged is none.
// trials: those of the search that goes on; the record must be of the same ones.  Throws Error: cannot be read, a line that
// is none, another search's trial.
std::vector<Outcome> read_journal(const std::string& file, const std::vector<Trial>& trials);
