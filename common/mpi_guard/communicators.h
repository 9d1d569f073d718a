// What the guard knows of each communicator: its members' world ranks, a name, an identity that is the same
// on all its members, and the last collectives that this rank called on it.
#pragma once

#include <mpi.h>

#include <atomic>
#include <string>
#include <vector>

#include "common/mpi_guard/call.h"

namespace guard {

struct PastCall {
  Op op = Op::none;
  const void* where = nullptr;
  int root = MPI_PROC_NULL;
  int64_t count = 0;
  MPI_Datatype type = MPI_DATATYPE_NULL;
};

struct Communicator {
  static constexpr int remembered = 16;

  uint64_t id = 0;
  std::string name;
  std::vector<int> world_ranks;  // of member 0, 1, ...; of the remote group for an intercommunicator
  uint32_t children = 0;         // communicators made from this one
  uint32_t collectives = 0;      // collective calls that this rank began on it
  PastCall past[remembered];     // call number n stands at [n % remembered]

  int world_rank(int member) const {
    return member >= 0 && size_t(member) < world_ranks.size() ? world_ranks[member] : member;
  }
};

// The guard's description of `communicator`; made at its first use. The reference stays valid for ever: a
// past call or a request may still point to it after MPI_Comm_free.
inline Communicator& describe(MPI_Comm communicator);

// The communicator of this rank's last collective call; null before the first.
extern Communicator* last_used_for_collectives;

// Writes how many collectives this rank has begun on each living communicator; returns how many it wrote.
struct Progress;
int collective_progress(Progress* progress, int room);

// Called after `child` (MPI_COMM_NULL on ranks outside) was made from `parent`, by every rank that took part.
void register_child(MPI_Comm parent, MPI_Comm child, Op op);

void rename(MPI_Comm communicator, const char* name);
void forget(MPI_Comm communicator);  // before it is freed: MPI may give its handle to another one

// The communicator that a thread used last, valid while none was made or forgotten since.
struct LastUsed {
  uint32_t generation = 0;  // of no communicator: they begin with 1
  MPI_Comm handle{};        // in Open MPI no handle is a constant, not even MPI_COMM_NULL
  Communicator* described = nullptr;
};
extern constinit thread_local LastUsed last_used;
extern std::atomic<uint32_t> communicator_generation;
Communicator& look_up_and_remember(MPI_Comm communicator);

inline Communicator& describe(MPI_Comm communicator) {
  const uint32_t now = communicator_generation.load(std::memory_order_relaxed);
  if (communicator == last_used.handle && last_used.generation == now) [[likely]]
    return *last_used.described;
  return look_up_and_remember(communicator);
}

// The communicator that a window or file was opened on, duplicated in polite mode so that the guard's
// barriers never meet the program's own collectives. `handle` is the MPI_Win or MPI_File.
struct Owner {
  MPI_Comm barrier = MPI_COMM_NULL;  // to hold a polled barrier on
  Communicator* described = nullptr;
};
using Handle = uintptr_t;  // a handle is an int in MPICH and a pointer in Open MPI
void remember_owner(Handle window_or_file, MPI_Comm communicator);
Owner owner_of(Handle window_or_file);
Owner forget_owner(Handle window_or_file);  // the caller frees `barrier`

}  // namespace guard
