// From what all ranks say to why none of them can go on. Pure: no MPI, no time, tested by itself.
#pragma once

#include <string>
#include <vector>

#include "common/mpi_guard/report.h"

namespace guard {

struct Diagnosis {
  // False where the calls fit together, so that the run may only be slow: a large transfer, a slow network.
  bool certain = false;
  std::vector<std::string> lines;  // the reasons, best first
};

// `reports`: one per rank, by world rank, all taken while no rank moved.
Diagnosis diagnose(const std::vector<RankReport>& reports);

// The part of it that needs nobody to wait: collectives that the ranks called differently.
std::vector<std::string> collective_mismatches(const std::vector<RankReport>& reports);

}  // namespace guard
