// Messages between the ranks of a simulation: mpi.h's functions for one sender and one receiver.
//
// A message is matched like any other MPI's: same communicator, sender, receiver and tag, in the order of sending. Up to
// eager_bytes it flies at once, and lies in the receiver's memory until it is asked for. A longer one waits in its sender; it
// flies when both sides are there.
#include "chapters/13_scaling/simulated_mpi.h"

#include <algorithm>
#include <list>

#include "chapters/13_scaling/ghost_memory.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// Who sends to whom: ranks of the world.
struct Envelope {
  int comm, from, to, tag;
  bool operator==(const Envelope&) const = default;
};
struct EnvelopeHash {
  size_t operator()(const Envelope& e) const {
    size_t hash = 0;
    for (int word : {e.comm, e.from, e.to, e.tag})
      hash = (hash ^ size_t(unsigned(word))) * 0x9e3779b97f4a7c15u;
    return hash;
  }
};

struct Request {
  Envelope envelope;
  void* memory = nullptr;  // of a receive
  size_t bytes = 0;        // that there are, or that there is room for
  bool receives = false;
  bool known = false;  // when it ends
  double end = 0;
  bool waited_for = false;  // its owner sleeps
  int owner = 0;
  MPI_Status status{};
};

// A message that nobody has asked for yet.
struct Waiting {
  size_t bytes;
  const void* memory;      // of the sender, of a long one
  std::vector<char> copy;  // of a short one
  double arrived;          // a short one
  int request = -1;        // of the sender, of a long one
};

struct Queues {
  std::list<Waiting> sent;
  std::list<int> receives;  // requests
};

}  // namespace

struct SimulatedMpi::Messages {
  std::unordered_map<Envelope, Queues, EnvelopeHash> queues;
  std::vector<Request> requests;
  std::vector<int> free_requests;
};

namespace {

SimulatedMpi* current = nullptr;

// What forgets an attribute's value, by key. Programs make their keys once, for all simulations.
std::vector<MPI_Comm_delete_attr_function*> forgetters;

SimulatedMpi::Messages& messages() { return *simulated_mpi().messages; }

// Handles of requests are small numbers; MPI_REQUEST_NULL is a large one.
int new_request(const Request& request) {
  auto& m = messages();
  if (m.free_requests.empty()) {
    m.requests.push_back(request);
    return int(m.requests.size()) - 1;
  }
  const int handle = m.free_requests.back();
  m.free_requests.pop_back();
  m.requests[size_t(handle)] = request;
  return handle;
}

Request& request_of(int handle) { return messages().requests[size_t(handle)]; }

void ends(Request& request, double moment) {
  request.known = true;
  request.end = moment;
  if (request.waited_for) world().wake(request.owner, moment);
}

void deliver(Request& receive, const void* data, size_t bytes) {
  if (bytes > receive.bytes)
    throw Error("rank " + std::to_string(receive.envelope.to) + " receives " + std::to_string(bytes) +
                " bytes from rank " + std::to_string(receive.envelope.from) + ", tag " +
                std::to_string(receive.envelope.tag) + ", into memory of " + std::to_string(receive.bytes));
  copy_unless_ghost(receive.memory, data, bytes);
  receive.status.count_lo = int(bytes);
}

// From now on the message flies; a long one after its two sides have spoken with each other.
Network::Flight fly(const Envelope& e, size_t bytes, double now) {
  World& w = world();
  const bool is_long = double(bytes) > w.cluster.eager_bytes;
  return w.network.send(now + (is_long ? w.cluster.link(e.from, e.to).rendezvous : 0), e.from, e.to,
                        double(bytes));
}

void send(const void* data, const Envelope& e, size_t bytes, int request) {
  World& w = world();
  ++w.time().messages;
  w.time().bytes += double(bytes);
  const auto place = messages().queues.try_emplace(e).first;
  Queues& queues = place->second;
  const bool is_long = double(bytes) > w.cluster.eager_bytes;
  if (queues.receives.empty() && is_long) {
    queues.sent.push_back(
        {.bytes = bytes, .memory = data, .copy = {}, .arrived = 0, .request = request});
    return;
  }
  const Network::Flight flight = fly(e, bytes, w.now());
  ends(request_of(request), flight.left);
  if (queues.receives.empty()) {
    Waiting waiting{.bytes = bytes, .memory = data, .copy = {}, .arrived = flight.arrived};
    if (!is_ghost(data)) {
      const char* bytes_of_it = static_cast<const char*>(data);
      waiting.copy.assign(bytes_of_it, bytes_of_it + bytes);
      waiting.memory = nullptr;
    }
    queues.sent.push_back(std::move(waiting));
    return;
  }
  Request& receive = request_of(queues.receives.front());
  queues.receives.pop_front();
  deliver(receive, data, bytes);
  ends(receive, flight.arrived);
  if (queues.sent.empty() && queues.receives.empty()) messages().queues.erase(place);
}

void receive(const Envelope& e, int request) {
  World& w = world();
  const auto place = messages().queues.try_emplace(e).first;
  Queues& queues = place->second;
  if (queues.sent.empty()) {
    queues.receives.push_back(request);
    return;
  }
  const Waiting message = std::move(queues.sent.front());
  queues.sent.pop_front();
  Request& mine = request_of(request);
  deliver(mine, message.memory == nullptr ? message.copy.data() : message.memory,
          message.bytes);
  if (message.request >= 0) {
    const Network::Flight flight = fly(e, message.bytes, w.now());
    ends(request_of(message.request), flight.left);
    ends(mine, flight.arrived);
  } else {
    ends(mine, message.arrived);
  }
  if (queues.sent.empty() && queues.receives.empty()) messages().queues.erase(place);
}

// Begins a message in one direction. other: a rank of the communicator.
int begin(bool receives, void* memory, int count, MPI_Datatype type, int other, int tag, MPI_Comm comm) {
  World& w = world();
  const Communicator& c = communicator_of(comm);
  if (other == MPI_ANY_SOURCE || tag == MPI_ANY_TAG)
    throw Error("simulated MPI: receives from any source or with any tag are not simulated");
  Request request{.envelope = {},
                  .memory = memory,
                  .bytes = bytes_of(count, type),
                  .receives = receives,
                  .owner = w.rank()};
  request.status.MPI_SOURCE = other;
  request.status.MPI_TAG = tag;
  if (other == MPI_PROC_NULL) {
    request.known = true;
    request.end = w.now();
    request.bytes = 0;
    return new_request(request);
  }
  if (other < 0 || other >= c.size())
    throw Error("rank " + std::to_string(w.rank()) + ": " + (receives ? "receives from" : "sends to") +
                " rank " + std::to_string(other) + " of '" + c.name + "', which has " +
                std::to_string(c.size()));
  const int theirs = c.members[size_t(other)];
  request.envelope = receives ? Envelope{c.id, theirs, w.rank(), tag} : Envelope{c.id, w.rank(), theirs, tag};
  const Envelope e = request.envelope;
  const int handle = new_request(request);
  if (receives) {
    receive(e, handle);
  } else if (theirs == w.rank()) {
    throw Error("rank " + std::to_string(theirs) + " sends to itself, which is not simulated");
  } else {
    send(memory, e, size_t(request.bytes), handle);
    w.wait_until(w.now() + w.cluster.link(e.from, e.to).overhead);
  }
  return handle;
}

std::string what_it_is(const Request& r) {
  return std::string(r.receives ? "a message from rank " : "the receive of rank ") +
         std::to_string(r.receives ? r.envelope.from : r.envelope.to) + ", tag " +
         std::to_string(r.envelope.tag);
}

// Until it has ended; forgets it.
void finish(int handle, MPI_Status* status) {
  World& w = world();
  if (!request_of(handle).known) {
    request_of(handle).waited_for = true;
    w.sleep(what_it_is(request_of(handle)));
    if (w.ending()) return;
  }
  const Request& request = request_of(handle);
  w.wait_until(request.end);
  if (status != MPI_STATUS_IGNORE) *status = request.status;
  messages().free_requests.push_back(handle);
}

int world_rank_of(int other, MPI_Comm comm) {
  const Communicator& c = communicator_of(comm);
  return other >= 0 && other < c.size() ? c.members[size_t(other)] : -1;
}

bool has_ended(int handle) { return request_of(handle).known && request_of(handle).end <= world().now(); }

// A program that asks again and again would never let time pass: each question costs it some.
void pass_some_time() {
  constexpr double of_a_question = 1e-7;
  world().wait_until(world().now() + of_a_question);
}

}  // namespace

// ---- State ----

Communicator::Communicator(int number, std::vector<int> ranks, std::string text)
    : id(number),
      members(std::move(ranks)),
      collectives(members.size()),
      attributes(members.size()),
      name(std::move(text)) {
  for (size_t i = 0; i < members.size(); ++i) rank_of[members[i]] = int(i);
}

SimulatedMpi::SimulatedMpi(int ranks) : messages(std::make_unique<Messages>()) {
  current = this;
  std::vector<int> all;
  for (int r = 0; r < ranks; ++r) all.push_back(r);
  new_communicator(all, "MPI_COMM_WORLD");
  for (int r : all) new_communicator({r}, "MPI_COMM_SELF");
}
SimulatedMpi::~SimulatedMpi() { current = nullptr; }

SimulatedMpi& simulated_mpi() {
  if (!current) throw Error("simulated MPI: used outside of simulate()");
  return *current;
}

Communicator& communicator_of(MPI_Comm comm) {
  auto& all = simulated_mpi().communicators;
  if (comm == MPI_COMM_WORLD) return *all[0];
  if (comm == MPI_COMM_SELF) return *all[size_t(world().rank()) + 1];
  if (comm < 0 || size_t(comm) >= all.size()) throw Error("simulated MPI: no such communicator");
  return *all[size_t(comm)];
}

MPI_Comm new_communicator(std::vector<int> members, const std::string& name) {
  auto& all = simulated_mpi().communicators;
  all.push_back(std::make_unique<Communicator>(int(all.size()), std::move(members), name));
  return int(all.size()) - 1;
}

int own_rank(const Communicator& c) {
  const auto found = c.rank_of.find(world().rank());
  if (found == c.rank_of.end())
    throw Error("rank " + std::to_string(world().rank()) + " is not in communicator '" + c.name + "'");
  return found->second;
}

size_t bytes_of(int count, MPI_Datatype type) {
  if (count < 0) throw Error("simulated MPI: a count of " + std::to_string(count));
  size_t each = 0;
  for (const auto& [known, size] : {std::pair{MPI_FLOAT, 4},
                                    {MPI_DOUBLE, 8},
                                    {MPI_INT, 4},
                                    {MPI_CHAR, 1},
                                    {MPI_BYTE, 1},
                                    {MPI_INT32_T, 4},
                                    {MPI_INT64_T, 8},
                                    {MPI_UINT32_T, 4},
                                    {MPI_UINT64_T, 8},
                                    {MPI_FLOAT_INT, 8}})
    if (type == known) each = size_t(size);
  if (each == 0) throw Error("simulated MPI: a datatype that is not simulated");
  return each * size_t(count);
}

// MPI_CHECK's end. Simulated functions throw by themselves and return success.
void mpi_failed(int error, const char* call, const char* file, int line) {
  throw Error(std::string(file) + ":" + std::to_string(line) + ": " + call + ": error " +
              std::to_string(error));
}

// ---- mpi.h ----

extern "C" {

int MPI_Comm_rank(MPI_Comm comm, int* rank) {
  *rank = own_rank(communicator_of(comm));
  return MPI_SUCCESS;
}

int MPI_Comm_size(MPI_Comm comm, int* size) {
  *size = communicator_of(comm).size();
  return MPI_SUCCESS;
}

int MPI_Comm_set_name(MPI_Comm comm, const char* name) {
  communicator_of(comm).name = name;
  return MPI_SUCCESS;
}

// Communicators stay until the end of the simulation, their attributes do not.
int MPI_Comm_free(MPI_Comm* comm) {
  Communicator& c = communicator_of(*comm);
  for (const auto& [key, value] : std::exchange(c.attributes[size_t(own_rank(c))], {}))
    forgetters[size_t(key)](*comm, key, value, nullptr);
  *comm = MPI_COMM_NULL;
  return MPI_SUCCESS;
}

double MPI_Wtime() { return world().now(); }

// ---- Values that programs hang on to communicators ----

int MPI_Comm_create_keyval(MPI_Comm_copy_attr_function*, MPI_Comm_delete_attr_function* forget, int* key,
                           void*) {
  forgetters.push_back(forget);
  *key = int(forgetters.size()) - 1;
  return MPI_SUCCESS;
}

int MPI_Comm_set_attr(MPI_Comm comm, int key, void* value) {
  Communicator& c = communicator_of(comm);
  c.attributes[size_t(own_rank(c))][key] = value;
  return MPI_SUCCESS;
}

int MPI_Comm_get_attr(MPI_Comm comm, int key, void* value, int* found) {
  Communicator& c = communicator_of(comm);
  const auto& mine = c.attributes[size_t(own_rank(c))];
  const auto it = mine.find(key);
  *found = it != mine.end();
  if (*found) *static_cast<void**>(value) = it->second;
  return MPI_SUCCESS;
}

int MPI_Comm_delete_attr(MPI_Comm comm, int key) {
  Communicator& c = communicator_of(comm);
  auto& mine = c.attributes[size_t(own_rank(c))];
  const auto it = mine.find(key);
  if (it == mine.end()) return MPI_ERR_OTHER;
  forgetters[size_t(key)](comm, key, it->second, nullptr);
  mine.erase(it);
  return MPI_SUCCESS;
}

// ---- Messages ----

int MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  const CallInWorld call("send", "MPI_Isend", world_rank_of(to, comm), double(bytes_of(count, type)));
  *request = begin(false, const_cast<void*>(data), count, type, to, tag, comm);
  return MPI_SUCCESS;
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm,
              MPI_Request* request) {
  const CallInWorld call("receive", "MPI_Irecv", world_rank_of(from, comm), double(bytes_of(count, type)));
  *request = begin(true, data, count, type, from, tag, comm);
  return MPI_SUCCESS;
}

int MPI_Send(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  const CallInWorld call("send", "MPI_Send", world_rank_of(to, comm), double(bytes_of(count, type)));
  finish(begin(false, const_cast<void*>(data), count, type, to, tag, comm), MPI_STATUS_IGNORE);
  return MPI_SUCCESS;
}

int MPI_Recv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Status* status) {
  const CallInWorld call("receive", "MPI_Recv", world_rank_of(from, comm), double(bytes_of(count, type)));
  finish(begin(true, data, count, type, from, tag, comm), status);
  return MPI_SUCCESS;
}

int MPI_Sendrecv(const void* out, int out_count, MPI_Datatype out_type, int to, int out_tag, void* in,
                 int in_count, MPI_Datatype in_type, int from, int in_tag, MPI_Comm comm,
                 MPI_Status* status) {
  const CallInWorld call("exchange", "MPI_Sendrecv", world_rank_of(to, comm),
                         double(bytes_of(out_count, out_type)));
  const int receives = begin(true, in, in_count, in_type, from, in_tag, comm);
  const int sends = begin(false, const_cast<void*>(out), out_count, out_type, to, out_tag, comm);
  finish(receives, status);
  finish(sends, MPI_STATUS_IGNORE);
  return MPI_SUCCESS;
}

// These end what was begun, also in destructors of ranks that have to end: they throw nothing then.
int MPI_Wait(MPI_Request* request, MPI_Status* status) { return MPI_Waitall(1, request, status); }

int MPI_Waitall(int count, MPI_Request* requests, MPI_Status* statuses) {
  const bool any =
      std::any_of(requests, requests + count, [](MPI_Request r) { return r != MPI_REQUEST_NULL; });
  if (!any || world().ending()) return MPI_SUCCESS;
  const CallInWorld call("wait", count == 1 ? "MPI_Wait" : "MPI_Waitall");
  for (int i = 0; i < count && !world().ending(); ++i) {
    if (requests[i] == MPI_REQUEST_NULL) continue;
    finish(requests[i], statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : statuses + i);
    requests[i] = MPI_REQUEST_NULL;
  }
  return MPI_SUCCESS;
}

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
  return MPI_Testall(1, request, done, status);
}

int MPI_Testall(int count, MPI_Request* requests, int* done, MPI_Status* statuses) {
  const CallInWorld call("wait", count == 1 ? "MPI_Test" : "MPI_Testall");
  *done = std::all_of(requests, requests + count,
                      [](MPI_Request r) { return r == MPI_REQUEST_NULL || has_ended(r); });
  if (!*done) pass_some_time();
  for (int i = 0; i < count && *done; ++i) {
    if (requests[i] == MPI_REQUEST_NULL) continue;
    finish(requests[i], statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : statuses + i);
    requests[i] = MPI_REQUEST_NULL;
  }
  return MPI_SUCCESS;
}

int MPI_Get_count(const MPI_Status* status, MPI_Datatype type, int* count) {
  *count = status->count_lo / int(bytes_of(1, type));
  return MPI_SUCCESS;
}

}  // extern "C"
