// Messages between the ranks of a simulation: mpi.h's functions for one sender and one receiver.
//
// A message is matched like any other MPI's: same communicator, sender, receiver and tag, in the order of sending.
//   eager       up to eager_bytes: it begins when the sender's overhead is over, and lies at the receiver until it is asked for;
//   rendezvous  a longer one: it waits in its sender until it has its receive, the receiver has been in an MPI function since,
//               and after it the sender; both, because no one else moves it on (cluster.progress_alone: something does).
// The sender's request ends when the last byte has left, the receiver's a latency later.
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
  bool receives = false, has_ended = false;
  bool waited_for = false;  // its owner sleeps
  int owner = 0;
  const char* collective = nullptr;
  MPI_Status status{};
};

struct Message {
  Envelope envelope;
  size_t bytes = 0, of_sender = 0;  // its sender's first, second, ... message
  const void* memory = nullptr;     // of the sender, of a long one
  std::vector<char> copy;           // of a short one that nobody has asked for yet
  double ready = 0;                 // when the sender's overhead is over
  int send = -1, receive = -1;      // requests; no receive: nobody has asked for it yet
  bool is_long = false, receiver_knows = false, arrived = false;
};

struct Queues {
  std::list<int> sent, receives;  // messages that nobody has asked for; requests of receives
};

// Things with numbers, of which those that are given back are used again.
template <class T>
struct Numbered {
  std::vector<T> all;
  std::vector<int> unused;
  T& operator[](int number) { return all[size_t(number)]; }
  int add(T thing) {
    if (unused.empty()) {
      all.push_back(std::move(thing));
      return int(all.size()) - 1;
    }
    const int number = unused.back();
    unused.pop_back();
    all[size_t(number)] = std::move(thing);
    return number;
  }
};

}  // namespace

struct SimulatedMpi::Messages {
  std::unordered_map<Envelope, Queues, EnvelopeHash> queues;
  Numbered<Request> requests;  // their numbers are handles: small ones, MPI_REQUEST_NULL is a large one
  Numbered<Message> messages;
  std::vector<std::vector<int>> need;  // by rank: messages that go on when it is in an MPI function
};

namespace {

SimulatedMpi* current = nullptr;

// What forgets an attribute's value, by key. Programs make their keys once, for all simulations.
std::vector<MPI_Comm_delete_attr_function*> forgetters;

SimulatedMpi::Messages& messages() { return *simulated_mpi().messages; }
Request& request_of(int handle) { return messages().requests[handle]; }
Message& message_of(int number) { return messages().messages[number]; }

void end(int handle) {
  Request& request = request_of(handle);
  request.has_ended = true;
  if (request.waited_for) world().wake(request.owner);
}

// ---- The life of a message ----

void fly(int number) {
  World& w = world();
  const Message& m = message_of(number);
  const Envelope& e = m.envelope;
  const double spoken = m.is_long ? w.network.topology().link(e.from, e.to).rendezvous : 0;
  w.events.insert({std::max(m.ready, w.now_everywhere()) + spoken, Happens::message_begins, number});
}

// A long message that has its receive: who must be in an MPI function for it to go on?
void speak(int number) {
  World& w = world();
  Message& m = message_of(number);
  const auto [comm, from, to, tag] = m.envelope;
  if (!w.cluster.progress_alone) {
    m.receiver_knows = m.receiver_knows || w.is_inside(to);
    if (!m.receiver_knows) return messages().need[size_t(to)].push_back(number);
    if (!w.is_inside(from)) return messages().need[size_t(from)].push_back(number);
  }
  fly(number);
}

void match(int number, int receive) {
  Message& m = message_of(number);
  Request& r = request_of(receive);
  if (m.bytes > r.bytes)
    throw Error("rank " + std::to_string(m.envelope.to) + " receives " + std::to_string(m.bytes) +
                " bytes from rank " + std::to_string(m.envelope.from) + ", tag " +
                std::to_string(m.envelope.tag) + ", into memory of " + std::to_string(r.bytes));
  copy_unless_ghost(r.memory, m.copy.empty() ? m.memory : m.copy.data(), m.bytes);
  m.copy = {};
  r.status.count_lo = int(m.bytes);
  m.receive = receive;
  if (m.is_long) speak(number);
}

void message_event(const Event& event) {
  World& w = world();
  Message& m = message_of(event.number);
  const Envelope& e = m.envelope;
  switch (event.what) {
    case Happens::message_begins:
      return w.network.begin(event.moment, event.number, e.from, m.of_sender, e.to, double(m.bytes));
    case Happens::message_left:
      w.network.end(event.moment, event.number);
      end(m.send);
      w.events.insert(
          {event.moment + w.network.topology().link(e.from, e.to).latency, Happens::message_arrives, event.number});
      return;
    default:
      m.arrived = true;
      if (m.receive < 0) return;
      end(m.receive);
      messages().messages.unused.push_back(event.number);
  }
}

void rank_entered(int rank) {
  for (int number : std::exchange(messages().need[size_t(rank)], {})) speak(number);
}

// ---- Requests ----

// other: a rank of the communicator.
Request new_request(bool receives, void* memory, size_t bytes, int other, int tag, MPI_Comm comm,
                    const char* collective) {
  World& w = world();
  const Communicator& c = communicator_of(comm);
  if (other == MPI_ANY_SOURCE || tag == MPI_ANY_TAG)
    throw Error("simulated MPI: receives from any source or with any tag are not simulated");
  Request request{.envelope = {},
                  .memory = memory,
                  .bytes = bytes,
                  .receives = receives,
                  .owner = w.rank(),
                  .collective = collective};
  request.status.MPI_SOURCE = other;
  request.status.MPI_TAG = tag;
  if (other == MPI_PROC_NULL) {
    request.has_ended = true;
    return request;
  }
  if (other < 0 || other >= c.size())
    throw Error("rank " + std::to_string(w.rank()) + ": " + (receives ? "receives from" : "sends to") +
                " rank " + std::to_string(other) + " of '" + c.name + "', which has " +
                std::to_string(c.size()));
  const int theirs = c.members[size_t(other)], id = collective ? -1 - c.id : c.id;
  if (!receives && theirs == w.rank())
    throw Error("rank " + std::to_string(theirs) + " sends to itself, which is not simulated");
  request.envelope = receives ? Envelope{id, theirs, w.rank(), tag} : Envelope{id, w.rank(), theirs, tag};
  return request;
}

std::string what_it_is(const Request& r) {
  if (r.collective)
    return std::string(r.collective) + " of '" + communicator_of(-1 - r.envelope.comm).name + "'";
  return std::string(r.receives ? "a message from rank " : "the receive of rank ") +
         std::to_string(r.receives ? r.envelope.from : r.envelope.to) + ", tag " +
         std::to_string(r.envelope.tag);
}

int world_rank_of(int other, MPI_Comm comm) {
  const Communicator& c = communicator_of(comm);
  return other >= 0 && other < c.size() ? c.members[size_t(other)] : -1;
}

// A program that asks again and again would never let time pass: each question costs it some.
void pass_some_time() {
  constexpr double of_a_question = 1e-7;
  world().spend(of_a_question);
}

}  // namespace

MPI_Request begin_send(const void* data, size_t bytes, int other, int tag, MPI_Comm comm,
                       const char* collective) {
  World& w = world();
  w.take_turn();
  const Request request = new_request(false, nullptr, bytes, other, tag, comm, collective);
  const int handle = messages().requests.add(request);
  if (request.has_ended) return handle;
  const Envelope& e = request.envelope;
  ++w.time().messages;
  w.time().bytes += double(bytes);
  const double overhead = w.network.topology().link(e.from, e.to).overhead;
  const int number = messages().messages.add({.envelope = e,
                                              .bytes = bytes,
                                              .of_sender = w.time().messages,
                                              .memory = data,
                                              .copy = {},
                                              .ready = w.now() + overhead,
                                              .send = handle,
                                              .is_long = double(bytes) > w.cluster.eager_bytes});
  Message& m = message_of(number);
  Queues& queues = messages().queues[e];
  if (!m.is_long) fly(number);
  if (queues.receives.empty()) {
    queues.sent.push_back(number);
    if (!m.is_long && !is_ghost(data))
      m.copy.assign(static_cast<const char*>(data), static_cast<const char*>(data) + bytes);
  } else {
    match(number, queues.receives.front());
    queues.receives.pop_front();
    if (queues.receives.empty()) messages().queues.erase(e);
  }
  w.spend(overhead);
  return handle;
}

MPI_Request begin_receive(void* data, size_t bytes, int other, int tag, MPI_Comm comm,
                          const char* collective) {
  world().take_turn();
  const Request request = new_request(true, data, bytes, other, tag, comm, collective);
  const int handle = messages().requests.add(request);
  if (request.has_ended) return handle;
  Queues& queues = messages().queues[request.envelope];
  if (queues.sent.empty()) {
    queues.receives.push_back(handle);
    return handle;
  }
  const int number = queues.sent.front();
  queues.sent.pop_front();
  if (queues.sent.empty()) messages().queues.erase(request.envelope);
  match(number, handle);
  if (message_of(number).arrived) {
    request_of(handle).has_ended = true;
    messages().messages.unused.push_back(number);
  }
  return handle;
}

// Until it has ended; forgets it.
void finish(MPI_Request handle, MPI_Status* status) {
  World& w = world();
  while (!request_of(handle).has_ended) {
    request_of(handle).waited_for = true;
    w.sleep(handle);
    if (w.ending()) return;
  }
  if (status != MPI_STATUS_IGNORE) *status = request_of(handle).status;
  messages().requests.unused.push_back(handle);
}

// ---- State ----

Communicator::Communicator(int number, std::vector<int> ranks, std::string text)
    : id(number),
      members(std::move(ranks)),
      collectives(members.size()),
      attributes(members.size()),
      name(std::move(text)) {
  for (size_t i = 0; i < members.size(); ++i) rank_of[members[i]] = int(i);
}

SimulatedMpi::SimulatedMpi(World& world) : messages(std::make_unique<Messages>()) {
  current = this;
  world.message_event = message_event;
  world.rank_entered = rank_entered;
  world.words_for = [](int request) { return what_it_is(request_of(request)); };
  messages->need.resize(size_t(world.ranks));
  std::vector<int> all;
  for (int r = 0; r < world.ranks; ++r) all.push_back(r);
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
  *request = begin_send(data, bytes_of(count, type), to, tag, comm);
  return MPI_SUCCESS;
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm,
              MPI_Request* request) {
  const CallInWorld call("receive", "MPI_Irecv", world_rank_of(from, comm), double(bytes_of(count, type)));
  *request = begin_receive(data, bytes_of(count, type), from, tag, comm);
  return MPI_SUCCESS;
}

int MPI_Send(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  const CallInWorld call("send", "MPI_Send", world_rank_of(to, comm), double(bytes_of(count, type)));
  finish(begin_send(data, bytes_of(count, type), to, tag, comm));
  return MPI_SUCCESS;
}

int MPI_Recv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Status* status) {
  const CallInWorld call("receive", "MPI_Recv", world_rank_of(from, comm), double(bytes_of(count, type)));
  finish(begin_receive(data, bytes_of(count, type), from, tag, comm), status);
  return MPI_SUCCESS;
}

int MPI_Sendrecv(const void* out, int out_count, MPI_Datatype out_type, int to, int out_tag, void* in,
                 int in_count, MPI_Datatype in_type, int from, int in_tag, MPI_Comm comm,
                 MPI_Status* status) {
  const CallInWorld call("exchange", "MPI_Sendrecv", world_rank_of(to, comm),
                         double(bytes_of(out_count, out_type)));
  const MPI_Request receives = begin_receive(in, bytes_of(in_count, in_type), from, in_tag, comm);
  const MPI_Request sends = begin_send(out, bytes_of(out_count, out_type), to, out_tag, comm);
  finish(receives, status);
  finish(sends);
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
                      [](MPI_Request r) { return r == MPI_REQUEST_NULL || request_of(r).has_ended; });
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
