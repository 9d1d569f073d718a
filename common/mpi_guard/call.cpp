// See call.h.
#include "common/mpi_guard/call.h"

#include <cstring>

#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/page.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/trace_events.h"

namespace guard {

namespace {

struct OpInfo {
  const char* name;
  Kind kind;
  const char* agree;
};

#define GUARD_OP_INFO(op, text, kind, agree) {text, Kind::kind, agree},
constexpr OpInfo infos[] = {GUARD_OPS(GUARD_OP_INFO)};
#undef GUARD_OP_INFO

const OpInfo& info(Op op) { return infos[size_t(op)]; }

thread_local int depth = 0;

void remember_collective(Communicator& communicator, Call& call) {
  last_used_for_collectives = &communicator;
  call.number = ++communicator.collectives;
  communicator.past[call.number % Communicator::remembered] = {call.op, call.where, call.peer, call.count,
                                                               call.type};
}

}  // namespace

Requests requests;
LastSends last_sends;
uint64_t complete_in_waitall = 0;
thread_local bool is_main_thread = false;

const char* name_of(Op op) { return info(op).name; }
Kind kind_of(Op op) { return info(op).kind; }
bool roots_agree(Op op) { return std::strchr(info(op).agree, 'r') != nullptr; }
bool bytes_agree(Op op) { return std::strchr(info(op).agree, 'c') != nullptr; }

void start_request(Call call, MPI_Request request) {
  if (depth > 0 || !is_main_thread) return;
  if (kind_of(call.op) == Kind::collective) remember_collective(*call.communicator, call);
  if (kind_of(call.op) == Kind::send) last_sends.remember(call);
  requests.remember(request, call);
  if (tracing) [[unlikely]]
    trace_call(call, trace_now());
}

InCall::InCall(const Call& call) : outermost_(depth++ == 0 && is_main_thread) {
  if (!is_main_thread) slot->moves_of_other_threads++;
  if (!outermost_) return;
  if (tracing) [[unlikely]]
    begin_ = trace_now();
  Call& mine = slot->call;
  mine = call;
  if (kind_of(call.op) == Kind::collective && call.communicator)
    remember_collective(*call.communicator, mine);
  if (kind_of(call.op) == Kind::send || kind_of(call.op) == Kind::sendrecv) last_sends.remember(call);
  // The record is whole before the count says so. Only this thread writes the count: no locked instruction.
  slot->moves.store(slot->moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

InCall::~InCall() {
  depth--;
  if (!outermost_) return;
  slot->moves.store(slot->moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  if (begin_) [[unlikely]]
    trace_call(slot->call, begin_);
}

}  // namespace guard
