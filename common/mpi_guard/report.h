// What a rank says about itself when asked: plain data that can be copied through shared memory and sockets.
// It is written by the rank's own helper thread, which alone can follow its pointers and name its lines.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>

#include "common/mpi_guard/call.h"

namespace guard {

constexpr int max_ranks = 4096;  // of a job whose deadlocks can be explained

struct Place {
  char text[96];  // file:line, or program+offset
};

// One thing that a rank waits for.
struct Want {
  // a message from peer; a receive by peer; the other members of a communicator; a lock that any rank may hold
  enum What : uint8_t { message, receiver, members, lock };
  What what;
  int peer;  // world rank, or MPI_ANY_SOURCE
  int tag;
  uint64_t communicator;
  Op op;        // the call that this is part of
  Place where;  // for a request: where it was started
};

// How many collectives the rank has begun on a communicator.
struct Progress {
  uint64_t communicator;
  uint32_t collectives;
};

struct ReportedCollective {
  Op op;
  uint32_t number;  // the how-manieth collective on the communicator
  int root;         // as the call gives it: a rank of the communicator; MPI_PROC_NULL where there is none
  int64_t bytes;    // -1 where unknown
  Place where;
};

struct ReportedSend {
  int peer, tag;  // world rank
  uint64_t communicator;
  Place where;
};

struct RankReport {
  static constexpr int max_wants = 8, max_past = 16, max_sends = 8, max_progress = 32;

  int world_rank;
  bool finished;  // in or after MPI_Finalize
  Op op;
  char line[384];  // the call in words
  bool any;        // one of `wants` is enough (MPI_ANY_SOURCE counts as one want)
  int want_count;
  Want wants[max_wants];
  // The collectives of one communicator, oldest first: of the one that it waits on, else the one it used last.
  uint64_t communicator;
  char communicator_name[80];
  std::bitset<max_ranks> members;  // by world rank
  uint32_t number;                 // of the collective that it waits in, or 0
  int past_count;
  ReportedCollective past[max_past];
  int progress_count;
  Progress progress[max_progress];
  int send_count;
  ReportedSend sends[max_sends];  // its last sends, newest first
};

// Fills `report` with the state of this rank. Called by the helper thread while the rank stands in a call.
void write_report(RankReport& report);

}  // namespace guard
