// The simulated MPI: what its parts share.
//   messages.cpp               one message: MPI_Isend, MPI_Irecv, MPI_Wait, and which send and receive belong together
//   simulated_mpi.cpp          mpi.h's functions for communicators and messages, made of these three
//   simulated_collectives.cpp  and those for collectives
//   datatypes.cpp              elements, and their sums
#pragma once

#include <mpi.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chapters/13_scaling/world.h"

struct Communicator {
  int id;
  std::string name;
  std::vector<int> members;                       // ranks of the world
  std::map<int, int> rank_of;                     // the other way round
  std::vector<int> splits;                        // in how many each member has taken part
  std::map<std::pair<int, int>, MPI_Comm> parts;  // made by them, by number and color
  int size() const { return int(members.size()); }
};

// What a send and a receive must have in common. Ranks of the world; comm: -1 - its id for a part of a collective.
struct Envelope {
  int comm = 0, from = 0, to = 0, tag = 0;
  auto operator<=>(const Envelope&) const = default;
};

// A send, which is the message as well, or a receive.
struct Request : Envelope {
  bool receives = false;
  char* memory = nullptr;
  size_t bytes = 0;                  // that there are, or that there is room for
  const char* collective = nullptr;  // its name
  MPI_Status status{};
  bool has_ended = false;
  int holders = 1;  // its rank; a send: also the message, until it has arrived
  // Of a send:
  size_t of_sender = 0;      // its rank's first, second, ... message
  double ready = 0;          // when the sender's overhead is over
  std::vector<char> copy{};  // of a short message that nobody has asked for yet
  int receive = -1;          // that has asked for it
  bool arrived = false;
  // Of a long one:
  double answered = -1;               // when its receiver said that it may come
  double begin = 0;                   // with cluster.one_connection
  std::vector<int> answers_behind{};  // messages whose answer waits until this one has left
};

// All that MPI remembers during a simulation. One exists at a time.
struct SimulatedMpi {
  explicit SimulatedMpi(World& world);
  ~SimulatedMpi();  // forgets what hangs on communicators that programs did not free, as MPI_Finalize does for MPI_COMM_WORLD

  std::vector<std::unique_ptr<Communicator>> communicators;
  std::map<std::tuple<MPI_Comm, int, int>, void*> attributes;  // by communicator, rank of the world and key
  std::vector<Request> requests;         // their numbers are handles: small ones, MPI_REQUEST_NULL is a large one
  std::vector<int> unused;               // requests
  std::multimap<Envelope, int> waiting;  // sends that nobody has asked for, or receives that nobody has sent to
  std::vector<std::vector<int>> need;    // by rank: sends that go on when it is in an MPI function
  std::map<std::pair<int, int>, std::vector<int>> on_the_wire;  // with cluster.one_connection: long messages, by sender and receiver
};
SimulatedMpi& simulated_mpi();  // throws as world() does

// What MPI_Isend, MPI_Irecv and MPI_Wait do. other: a rank of the communicator. collective: the name of the one that the message is
// part of; no receive of a program matches it.
MPI_Request begin_send(const void* data, size_t bytes, int other, int tag, MPI_Comm comm, const char* collective = nullptr);
MPI_Request begin_receive(void* data, size_t bytes, int other, int tag, MPI_Comm comm, const char* collective = nullptr);
bool has_ended(MPI_Request request);
void finish(MPI_Request request, MPI_Status* status = MPI_STATUS_IGNORE);

Communicator& communicator_of(MPI_Comm comm);
MPI_Comm new_communicator(std::vector<int> members, const std::string& name);
int own_rank(const Communicator& communicator);

// Throws Error: a type that is not simulated, a negative count.
size_t bytes_of(int count, MPI_Datatype type);
// sum (n) = sum (op) other (n). Does nothing where one of them has no contents.  Throws Error: an operation that is not simulated.
void combine(void* sum, const void* other, size_t n, MPI_Datatype type, MPI_Op op);
