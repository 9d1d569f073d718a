// A message is matched like any other MPI's: same communicator, sender, receiver and tag, in the order of sending.
//   eager       up to eager_bytes: it begins when the sender's overhead is over, and lies at the receiver until it is asked for;
//   rendezvous  a longer one: it waits in its sender until it has its receive, the receiver has been in an MPI function since,
//               and after it the sender; both, because no one else moves it on (cluster.progress_alone: something does).
//               With cluster.one_connection the receiver's answer waits until its own long messages to that rank have left.
// The sender's request ends when the last byte has left, the receiver's a latency later.
#include <algorithm>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "common/error.h"

namespace {

Request& request_of(int handle) { return simulated_mpi().requests[size_t(handle)]; }
bool is_long(const Request& send) { return double(send.bytes) > world().cluster.eager_bytes; }
const Link& link_of(const Request& r) { return world().network.topology().link(r.from, r.to); }

void release(int handle) {
  if (--request_of(handle).holders == 0) simulated_mpi().unused.push_back(handle);
}

void end(int handle) {
  Request& r = request_of(handle);
  r.has_ended = true;
  world().wake(r.receives ? r.to : r.from, handle);
}

int new_request(bool receives, void* memory, size_t bytes, int other, int tag, MPI_Comm comm, const char* collective) {
  const int me = world().rank();
  const Communicator& c = communicator_of(comm);
  if (other == MPI_ANY_SOURCE || tag == MPI_ANY_TAG)
    throw Error("simulated MPI: receives from any source or with any tag are not simulated");
  Request r{{.tag = tag}, receives, static_cast<char*>(memory), bytes, collective};
  r.status.MPI_SOURCE = other;
  r.status.MPI_TAG = tag;
  r.has_ended = other == MPI_PROC_NULL;
  if (!r.has_ended) {
    if (other < 0 || other >= c.size())
      throw Error("rank " + std::to_string(me) + ": " + (receives ? "receives from" : "sends to") + " rank " +
                  std::to_string(other) + " of '" + c.name + "', which has " + std::to_string(c.size()));
    const int theirs = c.members[size_t(other)];
    if (!receives && theirs == me) throw Error("rank " + std::to_string(me) + " sends to itself, which is not simulated");
    r.comm = collective ? -1 - c.id : c.id;
    r.from = receives ? theirs : me;
    r.to = receives ? me : theirs;
  }
  SimulatedMpi& mpi = simulated_mpi();
  if (mpi.unused.empty()) {
    mpi.unused.push_back(int(mpi.requests.size()));
    mpi.requests.emplace_back();
  }
  const int handle = mpi.unused.back();
  mpi.unused.pop_back();
  mpi.requests[size_t(handle)] = std::move(r);
  return handle;
}

// The oldest one of the other side that fits; -1 if there is none: then this one waits.
int partner_of(int handle) {
  const Request& r = request_of(handle);
  auto& waiting = simulated_mpi().waiting;
  const auto oldest = waiting.lower_bound(r);
  if (oldest == waiting.end() || oldest->first != r || request_of(oldest->second).receives == r.receives) {
    waiting.emplace(r, handle);
    return -1;
  }
  const int partner = oldest->second;
  waiting.erase(oldest);
  return partner;
}

// ---- The life of a message ----

void fly(int send, double begin) { world().events.insert({begin, Happens::message_begins, send}); }

// A long message that has its receive. Its receiver must be in an MPI function to answer that it may come, and then its sender to begin. Half of
// link.rendezvous is for the question, half for the answer.
void speak(int send) {
  World& w = world();
  Request& m = request_of(send);
  const double spoken = link_of(m).rendezvous, now = w.now_everywhere();
  auto& need = simulated_mpi().need;
  if (m.answered < 0) {
    if (!w.cluster.progress_alone && !w.is_inside(m.to)) return need[size_t(m.to)].push_back(send);
    const double answered = std::max(m.ready + spoken / 2, now);
    if (w.cluster.one_connection)
      for (const int other : simulated_mpi().on_the_wire[{m.to, m.from}])
        if (request_of(other).begin <= answered) return request_of(other).answers_behind.push_back(send);
    m.answered = answered;
  }
  if (!w.cluster.progress_alone && !w.is_inside(m.from)) return need[size_t(m.from)].push_back(send);
  if (!w.cluster.one_connection) return fly(send, std::max(m.ready, now) + spoken);
  m.begin = std::max(m.answered + spoken / 2, now);
  simulated_mpi().on_the_wire[{m.from, m.to}].push_back(send);
  fly(send, m.begin);
}

// A long message has left its connection.
void go_on_behind(int send) {
  const Request& m = request_of(send);
  std::erase(simulated_mpi().on_the_wire[{m.from, m.to}], send);
  for (const int other : std::exchange(request_of(send).answers_behind, {})) speak(other);
}

// The receive has its message.
void arrive(int send) {
  end(request_of(send).receive);
  release(send);
}

void meet(int send, int receive) {
  Request &m = request_of(send), &r = request_of(receive);
  if (m.collective != r.collective)
    throw Error("rank " + std::to_string(m.to) + " calls " + r.collective + " on '" + communicator_of(-1 - r.comm).name +
                "', where others call " + m.collective);
  if (m.bytes > r.bytes)
    throw Error("rank " + std::to_string(m.to) + " receives " + std::to_string(m.bytes) + " bytes from rank " +
                std::to_string(m.from) + ", tag " + std::to_string(m.tag) + ", into memory of " + std::to_string(r.bytes));
  copy_unless_ghost(r.memory, m.copy.empty() ? m.memory : m.copy.data(), m.bytes);
  m.copy = {};
  r.status.count_lo = int(m.bytes);
  m.receive = receive;
  if (is_long(m)) speak(send);
  if (m.arrived) arrive(send);
}

}  // namespace

void message_event(const Event& event) {
  World& w = world();
  Request& m = request_of(event.number);
  if (event.what == Happens::message_begins)
    return w.network.begin(event.moment, event.number, m.from, m.of_sender, m.to, double(m.bytes));
  if (event.what == Happens::message_left) {
    w.network.end(event.moment, event.number);
    end(event.number);
    if (w.cluster.one_connection) go_on_behind(event.number);
    w.events.insert({event.moment + link_of(m).latency, Happens::message_arrives, event.number});
    return;
  }
  m.arrived = true;
  if (m.receive >= 0) arrive(event.number);
}

void rank_entered(int rank) {
  for (int send : std::exchange(simulated_mpi().need[size_t(rank)], {})) speak(send);
}

std::string words_for(int handle) {
  const Request& r = request_of(handle);
  if (r.collective) return std::string(r.collective) + " of '" + communicator_of(-1 - r.comm).name + "'";
  return (r.receives ? "a message from rank " + std::to_string(r.from) : "the receive of rank " + std::to_string(r.to)) +
         ", tag " + std::to_string(r.tag);
}

MPI_Request begin_send(const void* data, size_t bytes, int other, int tag, MPI_Comm comm, const char* collective) {
  World& w = world();
  w.take_turn();
  const int handle = new_request(false, const_cast<void*>(data), bytes, other, tag, comm, collective);
  Request& m = request_of(handle);
  if (m.has_ended) return handle;
  const double overhead = link_of(m).overhead;
  m.of_sender = ++w.time().messages;
  w.time().bytes += double(bytes);
  m.ready = w.now() + overhead;
  m.holders = 2;
  if (!is_long(m)) fly(handle, m.ready);
  if (const int receive = partner_of(handle); receive >= 0)
    meet(handle, receive);
  else if (!is_long(m) && !is_ghost(data))
    m.copy.assign(m.memory, m.memory + bytes);
  w.spend(overhead);
  return handle;
}

MPI_Request begin_receive(void* data, size_t bytes, int other, int tag, MPI_Comm comm, const char* collective) {
  world().take_turn();
  const int handle = new_request(true, data, bytes, other, tag, comm, collective);
  if (has_ended(handle)) return handle;
  if (const int send = partner_of(handle); send >= 0) meet(send, handle);
  return handle;
}

bool has_ended(MPI_Request handle) { return request_of(handle).has_ended; }

void finish(MPI_Request handle, MPI_Status* status) {
  World& w = world();
  if (!has_ended(handle)) w.sleep(handle);
  if (w.ending()) return;
  if (status != MPI_STATUS_IGNORE) *status = request_of(handle).status;
  release(handle);
}
