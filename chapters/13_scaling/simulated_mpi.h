// The simulated MPI: what its parts share.
//   messages.cpp               one message: MPI_Isend, MPI_Irecv, MPI_Wait, and which send and receive belong together
//   simulated_mpi.cpp          mpi.h's functions for communicators and messages, made of these three
//   simulated_collectives.cpp  and those for collectives
//   datatypes.cpp              elements, and their sums
#pragma once

#include <mpi.h>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chapters/13_scaling/world.h"

#ifndef MPICH_VERSION
#error "the simulated MPI knows the handles of MPICH's mpi.h only"
#endif

struct Communicator {
  int id;
  std::string name;
  std::vector<int> members;                      // ranks of the world
  std::unordered_map<int, int> rank_of;          // the other way round
  std::vector<size_t> collectives;               // how many each member has begun
  std::vector<std::map<int, void*>> attributes;  // of each member, by key
  int size() const { return int(members.size()); }
};

// A collective that somebody has begun, and not all have ended.
struct Collective {
  std::string name;
  int ended = 0;
  std::map<int, MPI_Comm> parts;  // by color
};

// What a send and a receive must have in common. Ranks of the world; comm: -1 - its id for a part of a collective.
struct Envelope {
  int comm = 0, from = 0, to = 0, tag = 0;
  bool operator==(const Envelope&) const = default;
  struct Hash {
    size_t operator()(const Envelope& e) const {
      size_t hash = 0;
      for (const int word : {e.comm, e.from, e.to, e.tag}) hash = (hash ^ size_t(unsigned(word))) * 0x9e3779b97f4a7c15u;
      return hash ^ hash >> 32;
    }
  };
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
  bool receiver_knows = false, arrived = false;
};

// All that MPI remembers during a simulation. One exists at a time.
struct SimulatedMpi {
  explicit SimulatedMpi(World& world);
  ~SimulatedMpi();

  std::vector<std::unique_ptr<Communicator>> communicators;
  std::map<std::pair<int, size_t>, Collective> collectives;  // by communicator, and which of its collectives
  std::vector<Request> requests;  // their numbers are handles: small ones, MPI_REQUEST_NULL is a large one
  std::vector<int> unused;        // requests
  // Sends that nobody has asked for, or receives that nobody has sent to.
  std::unordered_map<Envelope, std::list<int>, Envelope::Hash> waiting;
  std::vector<std::vector<int>> need;  // by rank: sends that go on when it is in an MPI function
};
SimulatedMpi& simulated_mpi();

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
