// A folder with the newest checkpoints of one run.
//
//   step_00000469            a checkpoint; there are at most `keep`, the newest has the highest number
//   step_00000938.partial    being written, or left behind by a run that was killed; never read
//   earlier_step_00004690    of another run, which began without --resume: moved aside, and removed as soon as the new run
//                            has a checkpoint of its own. So a folder that held a good checkpoint always holds one.
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
  // The newest checkpoint that is good. Rank 0 says of each that is not what is wrong with it.
  // Throws Error if there are checkpoints, but no good one.
  Found newest_good() const;

  // Before a run that starts afresh.
  void set_aside();

  // Writes a checkpoint and removes those that are too many.  Throws Error if it cannot be written; then all that were
  // there still are.  Returns its file name.
  std::string save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments);

 private:
  std::vector<std::string> newest_first() const;
  void remove_old() const;

  std::string folder_;
  int keep_;
  MPI_Comm comm_;
};
