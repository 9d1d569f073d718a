// What a program leaves undone, and calls that a task forbids. Looked for in MPI_Finalize where the environment asks for it:
// GUARD_LEFTOVERS=1, and GUARD_FORBIDS with the names of calls, or collectives, or strangers (messages to and from others than
// the ranks beside this one), or unfreed (communicators that are made and not freed). The judges of exercises do.
#pragma once

#include <mpi.h>

#include <vector>

#include "common/mpi_guard/call.h"

namespace guard {

void note_request(const Call& call, MPI_Request request);  // it began
void note_message(Op op, int peer, MPI_Comm comm, int64_t bytes);  // one that is sent to, or received from, `peer`
void note_communicators(int more);                          // made, or freed (-1)
void note_persistent();                                     // these are not followed: what is left of requests stays unknown
void note_collective(const Call& call);

// What this rank has handed to MPI so far: collectives (none that make communicators), messages that it sent, and the bytes of both.
struct Traffic {
  int64_t collectives = 0, messages = 0, bytes = 0;
};
const Traffic& traffic();

// Around a call that may complete requests: those that are MPI_REQUEST_NULL afterwards are complete.
class Completing {
 public:
  Completing(int count, const MPI_Request* requests);
  ~Completing();
  Completing(const Completing&) = delete;
  Completing& operator=(const Completing&) = delete;

 private:
  const MPI_Request* requests_;
  std::vector<MPI_Request> before_;
};

// Collective over `world`, the guard's own. Says what is left, a line for each, and ends the job if there is any.
void end_with_leftovers(MPI_Comm world);

}  // namespace guard
