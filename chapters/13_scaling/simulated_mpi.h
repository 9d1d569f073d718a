// The simulated MPI: what its two halves share. Messages, from one rank to another one, are all that costs time
// (simulated_mpi.cpp); collectives are made of them (simulated_collectives.cpp).
#pragma once

#include <mpi.h>

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
  std::vector<int> members;                      // ranks of the world
  std::unordered_map<int, int> rank_of;          // the other way round
  std::vector<size_t> collectives;               // how many each member has begun
  std::vector<std::map<int, void*>> attributes;  // of each member, by key
  std::string name;

  Communicator(int id, std::vector<int> members, std::string name);
  int size() const { return int(members.size()); }
};

// All that MPI remembers during a simulation. One exists at a time.
class SimulatedMpi {
 public:
  explicit SimulatedMpi(World& world);
  ~SimulatedMpi();
  SimulatedMpi(const SimulatedMpi&) = delete;
  SimulatedMpi& operator=(const SimulatedMpi&) = delete;

  std::vector<std::unique_ptr<Communicator>> communicators;
  struct Messages;  // in simulated_mpi.cpp
  std::unique_ptr<Messages> messages;
  // One that somebody has begun, and not all have ended.
  struct Collective {
    std::string name;
    int ended = 0;
    std::map<int, MPI_Comm> parts;  // by color
  };
  std::map<std::pair<int, size_t>, Collective> collectives;  // by communicator, and which of its collectives
};

SimulatedMpi& simulated_mpi();
Communicator& communicator_of(MPI_Comm comm);
MPI_Comm new_communicator(std::vector<int> members, const std::string& name);
size_t bytes_of(int count, MPI_Datatype type);  // throws Error for a type that is not known here
int own_rank(const Communicator& communicator);

// What MPI_Isend, MPI_Irecv and MPI_Wait do. other: a rank of the communicator. collective: the name of the one that the message is
// part of; no receive of a program matches it.
MPI_Request begin_send(const void* data, size_t bytes, int other, int tag, MPI_Comm comm,
                       const char* collective = nullptr);
MPI_Request begin_receive(void* data, size_t bytes, int other, int tag, MPI_Comm comm,
                          const char* collective = nullptr);
void finish(MPI_Request request, MPI_Status* status = MPI_STATUS_IGNORE);
