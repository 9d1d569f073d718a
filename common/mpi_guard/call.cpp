// See call.h.
#include "common/mpi_guard/call.h"

#include <cstring>

#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/leftovers.h"
#include "common/mpi_guard/page.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/trace_events.h"
#include "common/mpi_guard/wait.h"

namespace guard {

namespace {
Marker nobodys_marker;
}

Marker* marker = &nobodys_marker;
constinit thread_local ThreadState this_thread;
Requests requests;
LastSends last_sends;
uint64_t complete_in_waitall = 0;

bool roots_agree(Op op) { return std::strchr(op_infos[size_t(op)].agree, 'r') != nullptr; }
bool bytes_agree(Op op) { return std::strchr(op_infos[size_t(op)].agree, 'c') != nullptr; }

int64_t InCall::begin_of_event() { return now_ns(); }
void InCall::end_event(int64_t begin) { trace_call(marker->call, begin); }

bool InCall::remember_collective(Call& call) {
  note_collective(call);
  if (!call.communicator) return true;
  Communicator& communicator = *call.communicator;
  last_used_for_collectives = &communicator;
  call.number = ++communicator.collectives;
  communicator.past[call.number % Communicator::remembered] = {call.op, call.where, call.peer, call.count,
                                                               call.type};
  // Of an intercommunicator these are the others.
  return communicator.world_ranks.size() != 1 || communicator.world_ranks.front() != slot->world_rank;
}

void start_request(Call call, MPI_Request request) {
  if (this_thread.depth > 0 || !this_thread.watched) return;
  if (kind_of(call.op) == Kind::collective) InCall::remember_collective(call);
  if (kind_of(call.op) == Kind::send) InCall::remember_send(call);
  requests.remember(request, call);
  note_request(call, request);
  if (tracing) [[unlikely]]
    trace_call(call, now_ns());
}

}  // namespace guard
