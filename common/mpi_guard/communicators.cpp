// See communicators.h.
#include "common/mpi_guard/communicators.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "common/mpi_guard/errors.h"
#include "common/mpi_guard/report.h"

namespace guard {
namespace {

struct Known {
  std::mutex mutex;  // threads may call MPI at once
  std::map<MPI_Comm, Communicator*> now;
  std::vector<std::unique_ptr<Communicator>> ever;
  std::map<Handle, Owner> owners;
};

// Never destroyed: destructors of other static objects may still call MPI.
Known& known() {
  static Known& all = *new Known;
  return all;
}

uint64_t mix(uint64_t a, uint64_t b) {  // splitmix64's finisher
  uint64_t x = a * 0x9e3779b97f4a7c15u + b;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::vector<int> members(MPI_Comm communicator) {
  int intercommunicator = 0, size = 0;
  PMPI_Comm_test_inter(communicator, &intercommunicator);
  MPI_Group group, world;
  const int error = intercommunicator ? PMPI_Comm_remote_group(communicator, &group)
                                      : PMPI_Comm_group(communicator, &group);
  if (error != MPI_SUCCESS) return {};
  PMPI_Comm_group(MPI_COMM_WORLD, &world);
  PMPI_Group_size(group, &size);
  std::vector<int> inside(size), outside(size);
  for (int i = 0; i < size; i++) inside[i] = i;
  PMPI_Group_translate_ranks(group, size, inside.data(), world, outside.data());
  PMPI_Group_free(&group);
  PMPI_Group_free(&world);
  return outside;
}

std::string name_by_members(MPI_Comm communicator, const std::vector<int>& ranks) {
  char given[MPI_MAX_OBJECT_NAME] = "";
  int length = 0;
  PMPI_Comm_get_name(communicator, given, &length);
  if (length > 0) return given;
  std::string text = ranks.size() == 1 ? "communicator of rank" : "communicator of ranks";
  for (size_t i = 0; i < std::min(ranks.size(), size_t(8)); i++)
    text.append(" ").append(std::to_string(ranks[i]));
  return ranks.size() > 8 ? text + " ..." : text;
}

Communicator& enter(MPI_Comm communicator, uint64_t id, std::vector<int> ranks) {
  Known& all = known();
  all.ever.push_back(std::make_unique<Communicator>());
  Communicator& made = *all.ever.back();
  made.name = name_by_members(communicator, ranks);
  made.id = id;
  made.world_ranks = std::move(ranks);
  all.now[communicator] = &made;
  communicator_generation++;
  return made;
}

// For a communicator whose making the guard did not see: told apart by its members alone.
uint64_t id_by_members(const std::vector<int>& ranks) {
  uint64_t id = 1;
  for (int rank : ranks) id = mix(id, uint64_t(rank));
  return id;
}

Communicator& look_up(MPI_Comm communicator) {
  Known& all = known();
  const auto found = all.now.find(communicator);
  if (found != all.now.end()) return *found->second;
  if (communicator == MPI_COMM_NULL) return enter(communicator, 0, {});
  const QuietErrors quiet(MPI_COMM_NULL);  // of a bad handle: the call itself complains
  std::vector<int> ranks = members(communicator);
  const uint64_t id = id_by_members(ranks);
  return enter(communicator, id, std::move(ranks));
}

}  // namespace

Communicator* last_used_for_collectives = nullptr;

int collective_progress(Progress* progress, int room) {
  const std::lock_guard lock(known().mutex);
  int written = 0;
  for (const auto& [handle, communicator] : known().now) {
    if (communicator->collectives == 0 || written == room) continue;
    progress[written++] = {communicator->id, communicator->collectives};
  }
  return written;
}

constinit thread_local LastUsed last_used;
std::atomic<uint32_t> communicator_generation{1};

Communicator& look_up_and_remember(MPI_Comm communicator) {
  const std::lock_guard lock(known().mutex);
  Communicator& found = look_up(communicator);
  last_used = {communicator_generation, communicator, &found};
  return found;
}

void register_child(MPI_Comm parent, MPI_Comm child, Op op) {
  const std::lock_guard lock(known().mutex);
  Communicator& from = look_up(parent);
  // Communicators are made from one parent in the same order on all its ranks, so counting them is enough.
  // Only the members of the new one take part in create_group: its order is theirs.
  const uint64_t counted = op == Op::comm_create_group ? uint64_t(op) << 32 : from.children++;
  if (child == MPI_COMM_NULL) return;
  std::vector<int> ranks = members(child);
  const uint64_t id = mix(mix(from.id, counted), id_by_members(ranks));
  enter(child, id, std::move(ranks));
}

void rename(MPI_Comm communicator, const char* name) {
  const std::lock_guard lock(known().mutex);
  look_up(communicator).name = name;
}

void forget(MPI_Comm communicator) {
  const std::lock_guard lock(known().mutex);
  known().now.erase(communicator);
  communicator_generation++;
}

void remember_owner(Handle handle, MPI_Comm communicator) {
  Owner owner;
  if (polite) politely(PMPI_Comm_idup, communicator, &owner.barrier);
  const std::lock_guard lock(known().mutex);
  owner.described = &look_up(communicator);
  known().owners[handle] = owner;
}

Owner owner_of(Handle handle) {
  const std::lock_guard lock(known().mutex);
  const auto found = known().owners.find(handle);
  return found == known().owners.end() ? Owner{} : found->second;
}

Owner forget_owner(Handle handle) {
  const Owner owner = owner_of(handle);
  const std::lock_guard lock(known().mutex);
  known().owners.erase(handle);
  return owner;
}

}  // namespace guard
