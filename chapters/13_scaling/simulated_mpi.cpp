// See simulated_mpi.h.
#include "chapters/13_scaling/simulated_mpi.h"

#include <algorithm>
#include <numeric>

#include "chapters/13_scaling/timeline.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

SimulatedMpi* current = nullptr;

// What forgets an attribute's value, by key. Programs make their keys once, for all simulations.
std::vector<MPI_Comm_delete_attr_function*> forgetters;

int world_rank_of(int other, MPI_Comm comm) {
  const Communicator& c = communicator_of(comm);
  return other >= 0 && other < c.size() ? c.members[size_t(other)] : -1;
}

void finish_all(int count, MPI_Request* requests, MPI_Status* statuses) {
  for (int i = 0; i < count && !world().ending(); ++i) {
    if (requests[i] == MPI_REQUEST_NULL) continue;
    finish(requests[i], statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : statuses + i);
    requests[i] = MPI_REQUEST_NULL;
  }
}

}  // namespace

SimulatedMpi::SimulatedMpi(World& world) : need(size_t(world.ranks)) {
  current = this;
  std::vector<int> all(size_t(world.ranks));
  std::iota(all.begin(), all.end(), 0);
  new_communicator(all, "MPI_COMM_WORLD");
}

// A value may have communicators with values of its own.
SimulatedMpi::~SimulatedMpi() {
  while (!attributes.empty()) {
    const auto attribute = attributes.extract(attributes.begin());
    const auto [comm, rank, key] = attribute.key();
    forgetters[size_t(key)](comm, key, attribute.mapped(), nullptr);
  }
}

SimulatedMpi& simulated_mpi() { return world(), *current; }

Communicator& communicator_of(MPI_Comm comm) {
  auto& all = simulated_mpi().communicators;
  if (comm == MPI_COMM_WORLD) return *all[0];
  if (comm < 0 || size_t(comm) >= all.size()) throw Error("simulated MPI: no such communicator");
  return *all[size_t(comm)];
}

MPI_Comm new_communicator(std::vector<int> members, const std::string& name) {
  auto& all = simulated_mpi().communicators;
  const size_t n = members.size();
  all.push_back(std::make_unique<Communicator>(Communicator{int(all.size()), name, std::move(members), {}, std::vector<int>(n), {}}));
  for (size_t i = 0; i < n; ++i) all.back()->rank_of[all.back()->members[i]] = int(i);
  return all.back()->id;
}

int own_rank(const Communicator& c) {
  const auto found = c.rank_of.find(world().rank());
  if (found == c.rank_of.end())
    throw Error("rank " + std::to_string(world().rank()) + " is not in communicator '" + c.name + "'");
  return found->second;
}

// MPI_CHECK's end. Simulated functions throw by themselves and return success.
void mpi_failed(int error, const char* call, const char* file, int line) {
  throw Error(std::string(file) + ":" + std::to_string(line) + ": " + call + ": error " + std::to_string(error));
}

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
  for (int key = 0; key < int(forgetters.size()); ++key) MPI_Comm_delete_attr(*comm, key);
  *comm = MPI_COMM_NULL;
  return MPI_SUCCESS;
}

// ---- Values that programs hang on to communicators ----

int MPI_Comm_create_keyval(MPI_Comm_copy_attr_function*, MPI_Comm_delete_attr_function* forget, int* key, void*) {
  forgetters.push_back(forget);
  *key = int(forgetters.size()) - 1;
  return MPI_SUCCESS;
}

int MPI_Comm_set_attr(MPI_Comm comm, int key, void* value) {
  simulated_mpi().attributes[{comm, world().rank(), key}] = value;
  return MPI_SUCCESS;
}

int MPI_Comm_get_attr(MPI_Comm comm, int key, void* value, int* found) {
  const auto& attributes = simulated_mpi().attributes;
  const auto attribute = attributes.find({comm, world().rank(), key});
  *found = attribute != attributes.end();
  if (*found) *static_cast<void**>(value) = attribute->second;
  return MPI_SUCCESS;
}

int MPI_Comm_delete_attr(MPI_Comm comm, int key) {
  const auto attribute = simulated_mpi().attributes.extract({comm, world().rank(), key});
  if (!attribute) return MPI_ERR_OTHER;
  return forgetters[size_t(key)](comm, key, attribute.mapped(), nullptr);
}

// ---- Messages ----

int MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  const CallInWorld call("send", "MPI_Isend", world_rank_of(to, comm), double(bytes_of(count, type)));
  *request = begin_send(data, bytes_of(count, type), to, tag, comm);
  return MPI_SUCCESS;
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request* request) {
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

int MPI_Sendrecv(const void* out, int out_count, MPI_Datatype out_type, int to, int out_tag, void* in, int in_count,
                 MPI_Datatype in_type, int from, int in_tag, MPI_Comm comm, MPI_Status* status) {
  const CallInWorld call("exchange", "MPI_Sendrecv", world_rank_of(to, comm), double(bytes_of(out_count, out_type)));
  const MPI_Request receives = begin_receive(in, bytes_of(in_count, in_type), from, in_tag, comm);
  const MPI_Request sends = begin_send(out, bytes_of(out_count, out_type), to, out_tag, comm);
  finish(receives, status);
  finish(sends);
  return MPI_SUCCESS;
}

// These end what was begun, also in destructors of ranks that have to end: they throw nothing then.
int MPI_Wait(MPI_Request* request, MPI_Status* status) { return MPI_Waitall(1, request, status); }

int MPI_Waitall(int count, MPI_Request* requests, MPI_Status* statuses) {
  const bool any = std::any_of(requests, requests + count, [](MPI_Request r) { return r != MPI_REQUEST_NULL; });
  if (!any || world().ending()) return MPI_SUCCESS;
  const CallInWorld call("wait", count == 1 ? "MPI_Wait" : "MPI_Waitall");
  finish_all(count, requests, statuses);
  return MPI_SUCCESS;
}

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) { return MPI_Testall(1, request, done, status); }

int MPI_Testall(int count, MPI_Request* requests, int* done, MPI_Status* statuses) {
  const CallInWorld call("wait", count == 1 ? "MPI_Test" : "MPI_Testall");
  constexpr double of_a_question = 1e-7;  // or a program that asks again and again would never let time pass
  *done = std::all_of(requests, requests + count, [](MPI_Request r) { return r == MPI_REQUEST_NULL || has_ended(r); });
  if (*done)
    finish_all(count, requests, statuses);
  else
    world().spend(of_a_question);
  return MPI_SUCCESS;
}

int MPI_Get_count(const MPI_Status* status, MPI_Datatype type, int* count) {
  *count = status->count_lo / int(bytes_of(1, type));
  return MPI_SUCCESS;
}

}  // extern "C"
