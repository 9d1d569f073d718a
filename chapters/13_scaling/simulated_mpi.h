// What the two halves of the simulated MPI share: communicators and types.
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

// Ranks that have come to a collective operation, and what they brought. Their stacks wait, so pointers stay good.
struct Meeting {
  struct Party {
    const void* in = nullptr;
    void* out = nullptr;
    int count = 0, root = 0;
    MPI_Datatype type = MPI_BYTE;
    MPI_Op op = MPI_SUM;
    int color = 0, key = 0;
    MPI_Comm* comm = nullptr;
  };
  std::string what;
  std::vector<Party> parties;  // by rank
  int arrived = 0;
  double latest = 0;  // the clock of the last one
};

// All that MPI remembers during a simulation. One exists at a time.
class SimulatedMpi {
 public:
  explicit SimulatedMpi(int ranks);
  ~SimulatedMpi();
  SimulatedMpi(const SimulatedMpi&) = delete;
  SimulatedMpi& operator=(const SimulatedMpi&) = delete;

  std::vector<std::unique_ptr<Communicator>> communicators;
  struct Messages;  // in simulated_mpi.cpp
  std::unique_ptr<Messages> messages;
  std::map<std::pair<int, size_t>, Meeting> meetings;  // by communicator, and which of its collectives
};

SimulatedMpi& simulated_mpi();
Communicator& communicator_of(MPI_Comm comm);
MPI_Comm new_communicator(std::vector<int> members, const std::string& name);
size_t bytes_of(int count, MPI_Datatype type);  // throws Error for a type that is not known here
int own_rank(const Communicator& communicator);
