// The formulas of footprint.h as text, for the live figure: in letters, and with the numbers of one rank put in.
#pragma once

#include <string>
#include <vector>

#include "chapters/07_sharded_optimizer/footprint.h"

struct Formula {
  std::string name;     // what is kept, or sent
  std::string letters;  // "w · (S + U)"
  std::string numbers;  // "4 · (561411 + 401920)": the bytes that predict gives
};
struct Formulas {
  std::vector<Formula> rows;  // in the order of Footprint
  std::string meanings;       // of the letters that stand in them: "w: bytes of a weight, ..."
};

// Of the arguments of predict.
Formulas formulas(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank, size_t bytes);
