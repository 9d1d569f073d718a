// A folder with the newest checkpoints of one run.
//
//   step_00000469            a checkpoint; there are at most `keep`, the newest has the highest number
//   step_00000938.partial    being written, or left behind by a run that was killed; never read
//   before_1/                what was here when a run started over; before_2 for the next one. Nobody removes these.
//
// All functions are collective over `comm`; rank 0 alone looks at the folder and tells the others.
#pragma once

#include <mpi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chapters/12_restart/checkpoint_file.h"
#include "chapters/12_restart/checkpoint_writer.h"

// A folder is one run's, as long as any of its ranks lives: this is held by all of them. A run whose launcher was killed lives on for
// some moments, and must not write between what its successor writes.
class FolderLock {
 public:
  // Waits so many seconds for the end of another run, then throws Error.  Collective.  Where locks do not exist it does nothing.
  FolderLock(const std::string& folder, double patience, MPI_Comm comm);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int opened_;
};

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

  // All of them, good or bad, the newest first; if the folder itself has none, those of the newest before_N.
  std::vector<std::string> newest_first() const;
  // Whether the folder itself has checkpoints, good or bad.
  bool has_some() const;
  // Moves them into a new folder before_N, and returns its name; empty if there are none.  Throws Error.
  std::string start_over();

  // Begins to write a checkpoint; it is on its way until poll() or wait() says how that ended: "" if it is there, and older ones that
  // were too many are removed, else what went wrong; then all that were there still are. At most one is on its way at a time.
  // Throws Error, then too.  Returns the seconds that the copy took.
  double begin_save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments);
  bool saving() const { return writer_ && !writer_->idle(); }  // on this rank
  std::optional<std::string> poll();  // nothing: it is still on its way
  // Polls until nothing is on its way, or so many seconds have passed; `ended` hears what poll() says.  Returns whether nothing is on its
  // way on any rank.  Collective.
  bool wait(double seconds, const std::function<void(const std::string&)>& ended);
  // All of it; returns the file's name.  Throws Error.
  std::string save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments);

 private:
  void remove_old(uint64_t newest) const;

  std::string folder_;
  int keep_;
  MPI_Comm comm_;
  std::unique_ptr<CheckpointWriter> writer_;
};
