// Collective operations of the simulated MPI, and how long they take.
//
//   MPI_Barrier, MPI_Bcast, MPI_Gather, MPI_Allgather, a short MPI_Allreduce, MPI_Comm_split
//       everybody leaves when the last one has come and steps = ceil(log2 p) messages have gone through a tree:
//       steps · (alpha + n · beta), gathering steps · alpha + (p - 1) · n · beta, of the link between nodes if there are several;
//       and each step of a sum adds
//   a long MPI_Allreduce
//       is messages: each rank sums one block of the vector, in the order of ranks, and sends it to all others (the
//       rank-order allreduce of chapter 05). Long is where that takes less time.
#include <algorithm>
#include <cmath>
#include <functional>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "common/error.h"
#include "common/split.h"

namespace {

const Link& slowest_link(const Communicator& c) {
  const Cluster& cluster = world().cluster;
  const bool one_node = std::ranges::all_of(
      c.members, [&](int rank) { return cluster.node_of(rank) == cluster.node_of(c.members.front()); });
  return one_node ? cluster.inside : cluster.between;
}

int tree_steps(int ranks) { return ranks == 1 ? 0 : int(std::ceil(std::log2(ranks))); }

double tree_seconds(const Communicator& c, double bytes) {
  const Link& link = slowest_link(c);
  return tree_steps(c.size()) *
         (link.alpha(bytes > world().cluster.eager_bytes) + bytes / link.bytes_per_second);
}
// Two numbers are read and one is written.
double sum_seconds(const Communicator& c, double bytes) {
  return tree_seconds(c, bytes) + tree_steps(c.size()) * 3 * bytes / world().cluster.bytes_per_second;
}
double gather_seconds(const Communicator& c, double bytes) {
  const Link& link = slowest_link(c);
  return tree_steps(c.size()) * link.alpha(false) + (c.size() - 1) * bytes / link.bytes_per_second;
}

// The last rank to come does the work of all, while the others sleep.
void meet(MPI_Comm comm, const char* what, const Meeting::Party& mine, double seconds,
          const std::function<void(std::vector<Meeting::Party>&)>& work) {
  World& w = world();
  Communicator& c = communicator_of(comm);
  const int rank = own_rank(c);
  const std::pair place{c.id, c.collectives[size_t(rank)]++};
  Meeting& meeting = simulated_mpi().meetings[place];
  if (meeting.arrived == 0) {
    meeting.what = what;
    meeting.parties.resize(size_t(c.size()));
  }
  if (meeting.what != what)
    throw Error("rank " + std::to_string(w.rank()) + " calls " + what + " on '" + c.name +
                "', where others call " + meeting.what);
  meeting.parties[size_t(rank)] = mine;
  w.time().messages += size_t(tree_steps(c.size()));
  w.time().bytes += tree_steps(c.size()) * double(bytes_of(mine.count, mine.type));
  meeting.latest = std::max(meeting.latest, w.now());
  if (++meeting.arrived < c.size())
    return w.sleep(std::string(what) + " of '" + c.name + "', where " + std::to_string(meeting.arrived) +
                   " of " + std::to_string(c.size()) + " have come");
  work(meeting.parties);
  const double end = meeting.latest + seconds;
  for (int member : c.members)
    if (member != w.rank()) w.wake(member, end);
  w.wait_until(end);
  simulated_mpi().meetings.erase(place);
}

// ---- Sums ----

template <class T>
void combine(T* sum, const T* other, size_t n, MPI_Op op) {
  for (size_t i = 0; i < n; ++i)
    sum[i] = op == MPI_SUM   ? T(sum[i] + other[i])
             : op == MPI_MAX ? std::max(sum[i], other[i])
                             : std::min(sum[i], other[i]);
}

// The largest value and where it is; the first place of equal ones.
void combine_places(void* sum, const void* other, size_t n) {
  struct ValueAndPlace {
    float value;
    int place;
  };
  auto* a = static_cast<ValueAndPlace*>(sum);
  auto* b = static_cast<const ValueAndPlace*>(other);
  for (size_t i = 0; i < n; ++i)
    if (b[i].value > a[i].value || (b[i].value == a[i].value && b[i].place < a[i].place)) a[i] = b[i];
}

void combine(void* sum, const void* other, size_t n, MPI_Datatype type, MPI_Op op) {
  if (op == MPI_MAXLOC && type == MPI_FLOAT_INT) {
    if (!is_ghost(sum) && !is_ghost(other)) combine_places(sum, other, n);
    return;
  }
  if (op != MPI_SUM && op != MPI_MAX && op != MPI_MIN)
    throw Error("simulated MPI: only sums, maxima and minima are simulated");
  if (is_ghost(sum) || is_ghost(other)) return;
  const auto as = [&]<class T>(T) { combine(static_cast<T*>(sum), static_cast<const T*>(other), n, op); };
  if (type == MPI_FLOAT)
    as(float{});
  else if (type == MPI_DOUBLE)
    as(double{});
  else if (type == MPI_INT || type == MPI_INT32_T)
    as(int32_t{});
  else if (type == MPI_INT64_T)
    as(int64_t{});
  else if (type == MPI_UINT32_T)
    as(uint32_t{});
  else if (type == MPI_UINT64_T)
    as(uint64_t{});
  else
    throw Error("simulated MPI: sums of a datatype that is not simulated");
}

void reduce_at_once(std::vector<Meeting::Party>& parties) {
  const Meeting::Party& first = parties.front();
  const size_t bytes = bytes_of(first.count, first.type);
  if (is_ghost(first.in)) return;
  std::vector<char> sum(static_cast<const char*>(first.in), static_cast<const char*>(first.in) + bytes);
  for (size_t r = 1; r < parties.size(); ++r)
    combine(sum.data(), parties[r].in, size_t(first.count), first.type, first.op);
  for (const Meeting::Party& party : parties) copy_unless_ghost(party.out, sum.data(), bytes);
}

// Each rank sums one block. in may be out.
void reduce_by_messages(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const Communicator& c = communicator_of(comm);
  const int ranks = c.size(), rank = own_rank(c);
  const size_t each = bytes_of(1, type);
  constexpr int sum_tag = -11, gather_tag = -12;  // of messages that no program sends
  const auto block = [&](int r) { return share(size_t(count), size_t(ranks), size_t(r)); };
  const Range mine = block(rank);
  const char* source = static_cast<const char*>(in);
  char* target = static_cast<char*>(out);

  std::vector<MPI_Request> requests;
  std::vector<char> others(is_ghost(in) ? 0 : size_t(ranks) * mine.size() * each);
  const auto from = [&](int r) -> const void* {
    if (r == rank) return source + mine.first * each;
    return is_ghost(in) ? in : others.data() + size_t(r) * mine.size() * each;
  };
  for (int step = 1; step < ranks; ++step) {
    const int r = (rank - step + ranks) % ranks;
    MPI_Irecv(const_cast<void*>(from(r)), int(mine.size()), type, r, sum_tag, comm, &requests.emplace_back());
  }
  for (int step = 1; step < ranks; ++step) {
    const int r = (rank + step) % ranks;
    MPI_Isend(source + block(r).first * each, int(block(r).size()), type, r, sum_tag, comm,
              &requests.emplace_back());
  }
  MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  std::vector<char> sum(is_ghost(in) ? 0 : mine.size() * each);
  copy_unless_ghost(sum.data(), from(0), sum.size());
  for (int r = 1; r < ranks && !is_ghost(in); ++r) combine(sum.data(), from(r), mine.size(), type, op);
  copy_unless_ghost(target + mine.first * each, sum.data(), sum.size());
  world().compute(double(mine.size() * each) * (ranks + 1) / world().cluster.bytes_per_second);

  requests.clear();
  for (int step = 1; step < ranks; ++step) {
    const int r = (rank - step + ranks) % ranks;
    MPI_Irecv(target + block(r).first * each, int(block(r).size()), type, r, gather_tag, comm,
              &requests.emplace_back());
  }
  for (int step = 1; step < ranks; ++step)
    MPI_Isend(target + mine.first * each, int(mine.size()), type, (rank + step) % ranks, gather_tag, comm,
              &requests.emplace_back());
  MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
}

double seconds_by_messages(const Communicator& c, double bytes) {
  const Link& link = slowest_link(c);
  const double block = bytes / c.size();
  return 2 * (link.alpha(block > world().cluster.eager_bytes) + (c.size() - 2) * link.overhead +
              (c.size() - 1) * block / link.bytes_per_second) +
         (c.size() + 1) * block / world().cluster.bytes_per_second;
}

}  // namespace

extern "C" {

int MPI_Barrier(MPI_Comm comm) {
  const CallInWorld call("collective", "MPI_Barrier");
  meet(comm, "MPI_Barrier", {}, tree_seconds(communicator_of(comm), 0), [](auto&) {});
  return MPI_SUCCESS;
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const double bytes = double(bytes_of(count, type));
  const CallInWorld call("collective", "MPI_Bcast", -1, bytes);
  meet(comm, "MPI_Bcast", {.in = data, .out = data, .count = count, .root = root, .type = type},
       tree_seconds(communicator_of(comm), bytes), [&](std::vector<Meeting::Party>& all) {
         for (Meeting::Party& party : all)
           if (party.out != all[size_t(root)].in)
             copy_unless_ghost(party.out, all[size_t(root)].in, size_t(bytes));
       });
  return MPI_SUCCESS;
}

int MPI_Allgather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  const CallInWorld call("collective", "MPI_Allgather", -1, double(bytes));
  meet(comm, "MPI_Allgather", {.in = in, .out = out, .count = count, .type = type},
       gather_seconds(communicator_of(comm), double(bytes)), [&](std::vector<Meeting::Party>& all) {
         for (Meeting::Party& to : all)
           for (size_t r = 0; r < all.size(); ++r)
             if (all[r].in != MPI_IN_PLACE)
               copy_unless_ghost(static_cast<char*>(to.out) + r * bytes, all[r].in, bytes);
             else if (&all[r] != &to)
               copy_unless_ghost(static_cast<char*>(to.out) + r * bytes,
                                 static_cast<char*>(all[r].out) + r * bytes, bytes);
       });
  return MPI_SUCCESS;
}

int MPI_Gather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, int root,
               MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  const CallInWorld call("collective", "MPI_Gather", -1, double(bytes));
  meet(comm, "MPI_Gather", {.in = in, .out = out, .count = count, .root = root, .type = type},
       gather_seconds(communicator_of(comm), double(bytes)), [&](std::vector<Meeting::Party>& all) {
         for (size_t r = 0; r < all.size(); ++r)
           if (all[r].in != MPI_IN_PLACE)
             copy_unless_ghost(static_cast<char*>(all[size_t(root)].out) + r * bytes, all[r].in, bytes);
       });
  return MPI_SUCCESS;
}

int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const double bytes = double(bytes_of(count, type));
  const CallInWorld call("collective", "MPI_Allreduce", -1, bytes);
  const Communicator& c = communicator_of(comm);
  const void* source = in == MPI_IN_PLACE ? out : in;
  const double at_once = sum_seconds(c, bytes);
  if (c.size() > 1 && seconds_by_messages(c, bytes) < at_once)
    reduce_by_messages(source, out, count, type, op, comm);
  else
    meet(comm, "MPI_Allreduce", {.in = source, .out = out, .count = count, .type = type, .op = op}, at_once,
         reduce_at_once);
  return MPI_SUCCESS;
}

int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm* part) {
  const CallInWorld call("collective", "MPI_Comm_split");
  const std::vector<int> members = communicator_of(comm).members;
  meet(comm, "MPI_Comm_split", {.color = color, .key = key, .comm = part},
       gather_seconds(communicator_of(comm), 8), [&](std::vector<Meeting::Party>& all) {
         std::map<int, std::vector<std::pair<int, int>>> by_color;  // (key, rank)
         for (size_t r = 0; r < all.size(); ++r) {
           *all[r].comm = MPI_COMM_NULL;
           if (all[r].color != MPI_UNDEFINED) by_color[all[r].color].push_back({all[r].key, int(r)});
         }
         for (auto& [unused, ranks] : by_color) {
           std::ranges::sort(ranks);
           std::vector<int> here;
           for (const auto& [key_of_it, r] : ranks) here.push_back(members[size_t(r)]);
           const MPI_Comm made = new_communicator(here, "a part of " + communicator_of(comm).name);
           for (const auto& [key_of_it, r] : ranks) *all[size_t(r)].comm = made;
         }
       });
  return MPI_SUCCESS;
}

// The only type of MPI-3: ranks that share a node.
int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info, MPI_Comm* part) {
  const World& w = world();
  return MPI_Comm_split(comm, type == MPI_COMM_TYPE_SHARED ? w.cluster.node_of(w.rank()) : MPI_UNDEFINED, key,
                        part);
}

// ---- Not simulated ----

int MPI_Iprobe(int, int, MPI_Comm, int*, MPI_Status*) {
  throw Error("simulated MPI: MPI_Iprobe is not simulated");
}

namespace {
int no_windows() { throw Error("simulated MPI: memory that ranks share (windows) is not simulated"); }
}  // namespace

int MPI_Win_allocate_shared(MPI_Aint, int, MPI_Info, MPI_Comm, void*, MPI_Win*) { return no_windows(); }
int MPI_Win_set_errhandler(MPI_Win, MPI_Errhandler) { return no_windows(); }
int MPI_Win_shared_query(MPI_Win, int, MPI_Aint*, int*, void*) { return no_windows(); }
int MPI_Win_lock_all(int, MPI_Win) { return no_windows(); }
int MPI_Win_unlock_all(MPI_Win) { return no_windows(); }
int MPI_Win_sync(MPI_Win) { return no_windows(); }
int MPI_Win_free(MPI_Win*) { return no_windows(); }

}  // extern "C"
