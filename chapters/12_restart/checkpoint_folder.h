// A folder with the newest checkpoints of one run.
//
//   step_00000469            a checkpoint; there are at most `keep`, the newest has the highest number
//   step_00000938.partial    being written, or left behind by a run that was killed; never read
//   before_1/                what was here when a run started over; before_2 for the next one. Nobody removes these.
//
// All functions are collective over `comm`; rank 0 alone looks at the folder and tells the others.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "chapters/12_restart/checkpoint.h"

class CheckpointFolder {
 public:
  // Throws Error if the folder is not there and cannot be made.
  CheckpointFolder(const std::string& folder, int keep, MPI_Comm comm);

  struct Found {
    std::string file;  // empty if there is none
    CheckpointHeader header;
  };
  // The newest checkpoint that is good; if the folder itself has none, good or bad, of the newest before_N: a run that started over
  // and was killed has none yet. Rank 0 says of each that is not good what is wrong with it.
  // Throws Error if there are checkpoints, but no good one.
  Found newest_good() const;

  // Whether the folder itself has checkpoints, good or bad.
  bool has_some() const;
  // Moves them into a new folder before_N, and returns its name; empty if there are none.  Throws Error.
  std::string start_over();

  // Writes a checkpoint and removes older ones that are too many.  Throws Error if it cannot be written; then all that were
  // there still are.  Returns its file name.
  std::string save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments);

 private:
  std::vector<std::string> newest_first() const;
  void remove_old(uint64_t newest) const;

  std::string folder_;
  int keep_;
  MPI_Comm comm_;
};
