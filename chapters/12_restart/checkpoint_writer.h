// A checkpoint on its way to the disk, while the training goes on.
//
//   begin   by all ranks together: the state is copied into host memory, each rank has one block of the file (gather.h)
//   then    a thread of each rank writes its block into FILE.partial and flushes it to the disk; it makes no MPI call
//   poll    by the ranks' own threads, after each step, say. A rank whose block is on the disk tells rank 0. When all have told it, a
//           thread of rank 0 writes the header, which holds the checksum of what was meant to be written, flushes, renames the file to
//           FILE, and flushes the folder. Then all hear how it ended.
//
// Whoever is killed, whenever: FILE is there and good, or not there. Where one rank meets an error, all learn of it, and what was
// written is removed.
//
// What ranks tell each other here are nonblocking collectives on a communicator of their own, so nobody waits in MPI for a disk: the
// watchdog of mpi_guard never sees a rank that stands still because of one.
#pragma once

#include <mpi.h>

#include <functional>
#include <future>
#include <span>
#include <string>
#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/10_hybrid/segments.h"
#include "chapters/12_restart/checkpoint_header.h"

class CheckpointWriter {
 public:
  // Collective, as its end is, which waits for the threads.
  explicit CheckpointWriter(MPI_Comm comm);
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  // The segments of all ranks together hold each number once: header.numbers() in all.  header.checksum is computed here.
  // done: called by rank 0's thread once FILE is there.  Collective; only while idle.  Returns the seconds that the copy took; from then
  // on the thread writes.  Throws Error on all ranks.
  double begin(const std::string& file, const CheckpointHeader& header, Device& device, std::span<const Segment> segments,
             std::function<void()> done = {});
  bool idle() const { return phase_ == Phase::idle; }  // on this rank
  // Goes on with what can be done without waiting.  True where this call has learned the end: problem() is "" if FILE is there.
  bool poll();
  const std::string& problem() const { return problem_; }

 private:
  enum class Phase { idle, writing, telling, naming, hearing };
  struct Told {  // by a rank, when its block is on the disk, or by rank 0 in the end
    uint64_t checksum = 0;
    char problem[504] = "";
  };
  static Told write_block(const std::string& partial, const std::vector<float>& block, size_t place);
  static Told write_rest(const std::string& file, CheckpointHeader header, const std::vector<Told>& all, const std::function<void()>& done);
  bool finished(std::future<Told>& work);
  bool arrived();

  MPI_Comm comm_;
  Phase phase_ = Phase::idle;
  std::string file_, problem_;
  CheckpointHeader header_;
  std::function<void()> done_;
  std::vector<float> block_;
  std::future<Told> work_;
  Told told_;
  std::vector<Told> all_;  // on rank 0
  MPI_Request request_ = MPI_REQUEST_NULL;
};

// All of it at once, waiting.  Throws Error.
void write_checkpoint(const std::string& file, const CheckpointHeader& header, Device& device, std::span<const Segment> segments,
                      MPI_Comm comm);
