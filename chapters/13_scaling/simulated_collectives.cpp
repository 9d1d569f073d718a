// Collective operations of the simulated MPI: chapter 05's algorithms on messages of bytes, chosen as MPICH chooses them.
//
//   MPI_Barrier     dissemination
//   MPI_Bcast       a binomial tree; from 12 KiB on, with 8 ranks or more, the blocks by a tree, then round a ring
//   MPI_Gather      a binomial tree
//   MPI_Allgather   recursive doubling for 2, 4, 8, ... ranks up to 512 KiB in all, Bruck for others up to 80 KiB, or a ring
//   MPI_Allreduce   recursive doubling up to 2 KiB, or Rabenseifner
//   MPI_Comm_split  an allgather of colors and keys
//
// Thakur, Rabenseifner, Gropp: IJHPCA 19(1), 2005. They do not look at what they carry, so memory may have no contents.
#include <algorithm>
#include <bit>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "common/error.h"
#include "common/split.h"

namespace {

char* at(void* memory, size_t bytes) { return static_cast<char*>(memory) + bytes; }

// One rank's part in a collective: its messages to others.
struct Party {
  MPI_Comm comm;
  const char* name;
  const Communicator& c;
  const int ranks, rank;
  const std::pair<int, size_t> place;
  SimulatedMpi::Collective& together;

  Party(MPI_Comm in, const char* what)
      : comm(in),
        name(what),
        c(communicator_of(in)),
        ranks(c.size()),
        rank(own_rank(c)),
        place(c.id, communicator_of(in).collectives[size_t(rank)]++),
        together(simulated_mpi().collectives[place]) {
    if (together.name.empty()) together.name = name;
    if (together.name != name)
      throw Error("rank " + std::to_string(world().rank()) + " calls " + name + " on '" + c.name +
                  "', where others call " + together.name);
  }
  ~Party() {
    if (++together.ended == ranks) simulated_mpi().collectives.erase(place);
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  void send(const void* data, size_t bytes, int to) const {
    finish(begin_send(data, bytes, to, 0, comm, name));
  }
  void receive(void* data, size_t bytes, int from) const {
    finish(begin_receive(data, bytes, from, 0, comm, name));
  }
  void exchange(const void* out, size_t out_bytes, int to, void* in, size_t in_bytes, int from) const {
    const MPI_Request receives = begin_receive(in, in_bytes, from, 0, comm, name);
    const MPI_Request sends = begin_send(out, out_bytes, to, 0, comm, name);
    finish(receives);
    finish(sends);
  }
};

// Memory like `like`: without contents, if that has none.
struct Scratch {
  std::vector<char> memory;
  void* data;
  Scratch(void* like, size_t bytes)
      : memory(is_ghost(like) ? 0 : bytes), data(is_ghost(like) ? like : memory.data()) {}
};

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

// sum += other, and the time for it: two numbers are read, one is written.
void add(char* sum, const char* other, size_t n, MPI_Datatype type, MPI_Op op) {
  combine(sum, other, n, type, op);
  world().spend(3 * double(n * bytes_of(1, type)) / world().cluster.bytes_per_second);
}

// ---- Algorithms ----

void disseminate(const Party& p) {
  for (int d = 1; d < p.ranks; d *= 2)
    p.exchange(nullptr, 0, (p.rank + d) % p.ranks, nullptr, 0, (p.rank - d + p.ranks) % p.ranks);
}

// Ranks by their distance from the root: the one at v has a subtree of those up to v + extent(v), and hangs at v - extent(v).
struct Tree {
  const Party& p;
  int root, v, extent;
  Tree(const Party& party, int r)
      : p(party),
        root(r),
        v((p.rank - r + p.ranks) % p.ranks),
        extent(v == 0 ? int(std::bit_ceil(unsigned(p.ranks))) : v & -v) {}
  int rank_at(int distance) const { return (root + distance) % p.ranks; }
};

// part(first, last): address and bytes of what belongs to the ranks at these distances.
template <class PartOf>
void send_down(const Tree& t, PartOf part) {
  const auto at_most = [&](int distance) { return std::min(distance, t.p.ranks); };
  if (t.v > 0) {
    const auto [data, bytes] = part(t.v, at_most(t.v + t.extent));
    t.p.receive(data, bytes, t.rank_at(t.v - t.extent));
  }
  for (int d = t.extent / 2; d > 0; d /= 2)
    if (t.v + d < t.p.ranks) {
      const auto [data, bytes] = part(t.v + d, at_most(t.v + 2 * d));
      t.p.send(data, bytes, t.rank_at(t.v + d));
    }
}

template <class PartOf>
void gather_up(const Tree& t, PartOf part) {
  const auto at_most = [&](int distance) { return std::min(distance, t.p.ranks); };
  for (int d = 1; d < t.extent; d *= 2)
    if (t.v + d < t.p.ranks) {
      const auto [data, bytes] = part(t.v + d, at_most(t.v + 2 * d));
      t.p.receive(data, bytes, t.rank_at(t.v + d));
    }
  if (t.v > 0) {
    const auto [data, bytes] = part(t.v, at_most(t.v + t.extent));
    t.p.send(data, bytes, t.rank_at(t.v - t.extent));
  }
}

// Everybody has the block at its own distance, and gets all others.
template <class PartOf>
void round_the_ring(const Tree& t, PartOf part) {
  const int ranks = t.p.ranks;
  for (int step = 0; step + 1 < ranks; ++step) {
    const int mine = (t.v - step + ranks) % ranks, theirs = (mine - 1 + ranks) % ranks;
    const auto [out, out_bytes] = part(mine, mine + 1);
    const auto [in, in_bytes] = part(theirs, theirs + 1);
    t.p.exchange(out, out_bytes, t.rank_at(t.v + 1), in, in_bytes, t.rank_at(t.v + ranks - 1));
  }
}

// Of 2, 4, 8, ... numbers: the blocks that n has when groups of d have exchanged theirs are [first, first + d).
int first_of_group(int n, int d) { return n & ~(d - 1); }

void allgather_doubling(const Party& p, void* all, size_t each) {
  for (int d = 1; d < p.ranks; d *= 2)
    p.exchange(at(all, size_t(first_of_group(p.rank, d)) * each), size_t(d) * each, p.rank ^ d,
               at(all, size_t(first_of_group(p.rank ^ d, d)) * each), size_t(d) * each, p.rank ^ d);
}

void allgather_bruck(const Party& p, void* all, size_t each) {
  const Scratch have(all, size_t(p.ranks) * each);  // beginning with the own block
  copy_unless_ghost(have.data, at(all, size_t(p.rank) * each), each);
  for (int d = 1; d < p.ranks; d *= 2) {
    const size_t bytes = size_t(std::min(d, p.ranks - d)) * each;
    p.exchange(have.data, bytes, (p.rank - d + p.ranks) % p.ranks, at(have.data, size_t(d) * each), bytes,
               (p.rank + d) % p.ranks);
  }
  for (int i = 0; i < p.ranks; ++i)
    copy_unless_ghost(at(all, size_t((p.rank + i) % p.ranks) * each), at(have.data, size_t(i) * each), each);
}

// The own block is in place.
void allgather(const Party& p, void* all, size_t each) {
  const size_t bytes = each * size_t(p.ranks);
  const bool doubles = std::has_single_bit(unsigned(p.ranks));
  if (doubles && bytes < 512 * 1024) return allgather_doubling(p, all, each);
  if (!doubles && bytes < 80 * 1024) return allgather_bruck(p, all, each);
  round_the_ring(Tree(p, 0), [&](int first, int last) {
    return std::pair{at(all, size_t(first) * each), size_t(last - first) * each};
  });
}

void broadcast(const Party& p, void* data, size_t bytes, int root) {
  const Tree tree(p, root);
  if (bytes < 12 * 1024 || p.ranks < 8)
    return send_down(tree, [&](int, int) { return std::pair{at(data, 0), bytes}; });
  const auto blocks = [&](int first, int last) {
    const size_t begin = share(bytes, size_t(p.ranks), size_t(first)).first;
    return std::pair{at(data, begin), share(bytes, size_t(p.ranks), size_t(last - 1)).last - begin};
  };
  send_down(tree, blocks);
  round_the_ring(tree, blocks);
}

// result: the own operand, then the sum.
void allreduce(const Party& p, void* result, int count, MPI_Datatype type, MPI_Op op) {
  const size_t each = bytes_of(1, type), n = size_t(count), bytes = n * each;
  const Scratch other(result, bytes);
  const auto both = [&](Range out, int partner, Range in) {  // elements; what comes is added or only there
    p.exchange(at(result, out.first * each), out.size() * each, partner, at(other.data, in.first * each),
               in.size() * each, partner);
    add(at(result, in.first * each), at(other.data, in.first * each), in.size(), type, op);
  };
  // Of the first 2 · rest ranks, every second one acts for its neighbour, so that 2, 4, 8, ... are left.
  const int survivors = int(std::bit_floor(unsigned(p.ranks))), rest = p.ranks - survivors;
  const bool survives = p.rank >= 2 * rest || p.rank % 2 == 1;
  if (!survives) {
    p.send(result, bytes, p.rank + 1);
    return p.receive(result, bytes, p.rank + 1);
  }
  if (p.rank < 2 * rest) {
    p.receive(other.data, bytes, p.rank - 1);
    add(at(result, 0), at(other.data, 0), n, type, op);
  }
  const int number = p.rank < 2 * rest ? p.rank / 2 : p.rank - rest;
  const auto rank_of_number = [&](int s) { return s < rest ? 2 * s + 1 : s + rest; };
  if (bytes <= 2048 || count < survivors) {
    for (int d = 1; d < survivors; d *= 2) both({0, n}, rank_of_number(number ^ d), {0, n});
  } else {
    const auto group = [&](int s, int d) {
      const size_t first = size_t(first_of_group(s, d));
      return Range{share(n, size_t(survivors), first).first,
                   share(n, size_t(survivors), first + size_t(d) - 1).last};
    };
    for (int d = survivors / 2; d > 0; d /= 2)
      both(group(number ^ d, d), rank_of_number(number ^ d), group(number, d));
    for (int d = 1; d < survivors; d *= 2) {
      const Range out = group(number, d), in = group(number ^ d, d);
      const int partner = rank_of_number(number ^ d);
      p.exchange(at(result, out.first * each), out.size() * each, partner, at(result, in.first * each),
                 in.size() * each, partner);
    }
  }
  if (p.rank < 2 * rest) p.send(result, bytes, p.rank - 1);
}

}  // namespace

extern "C" {

int MPI_Barrier(MPI_Comm comm) {
  const CallInWorld call("collective", "MPI_Barrier");
  disseminate(Party(comm, "MPI_Barrier"));
  return MPI_SUCCESS;
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const CallInWorld call("collective", "MPI_Bcast", -1, double(bytes_of(count, type)));
  broadcast(Party(comm, "MPI_Bcast"), data, bytes_of(count, type), root);
  return MPI_SUCCESS;
}

int MPI_Allgather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, MPI_Comm comm) {
  const size_t each = bytes_of(count, type);
  const CallInWorld call("collective", "MPI_Allgather", -1, double(each));
  const Party p(comm, "MPI_Allgather");
  if (in != MPI_IN_PLACE) copy_unless_ghost(at(out, size_t(p.rank) * each), in, each);
  allgather(p, out, each);
  return MPI_SUCCESS;
}

int MPI_Gather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, int root,
               MPI_Comm comm) {
  const size_t each = bytes_of(count, type);
  const CallInWorld call("collective", "MPI_Gather", -1, double(each));
  const Party p(comm, "MPI_Gather");
  const Tree tree(p, root);
  const void* mine = in == MPI_IN_PLACE ? at(out, size_t(root) * each) : in;
  const Scratch by_distance(const_cast<void*>(mine), size_t(p.ranks) * each);
  const auto blocks = [&](int first, int last) {
    return std::pair{at(by_distance.data, size_t(first) * each), size_t(last - first) * each};
  };
  copy_unless_ghost(blocks(tree.v, tree.v + 1).first, mine, each);
  gather_up(tree, blocks);
  for (int v = 0; p.rank == root && v < p.ranks; ++v)
    copy_unless_ghost(at(out, size_t(tree.rank_at(v)) * each), blocks(v, v + 1).first, each);
  return MPI_SUCCESS;
}

int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  const CallInWorld call("collective", "MPI_Allreduce", -1, double(bytes));
  if (in != MPI_IN_PLACE) copy_unless_ghost(out, in, bytes);
  allreduce(Party(comm, "MPI_Allreduce"), out, count, type, op);
  return MPI_SUCCESS;
}

int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm* part) {
  const CallInWorld call("collective", "MPI_Comm_split");
  const Party p(comm, "MPI_Comm_split");
  std::vector<std::pair<int, int>> all(size_t(p.ranks));  // color, key
  all[size_t(p.rank)] = {color, key};
  allgather(p, all.data(), sizeof all[0]);
  *part = MPI_COMM_NULL;
  if (color == MPI_UNDEFINED) return MPI_SUCCESS;
  const auto [place, is_new] = p.together.parts.try_emplace(color);
  if (is_new) {                              // the first of its members that knows them all
    std::vector<std::pair<int, int>> ranks;  // key, rank
    for (int r = 0; r < p.ranks; ++r)
      if (all[size_t(r)].first == color) ranks.push_back({all[size_t(r)].second, r});
    std::ranges::sort(ranks);
    std::vector<int> members;
    for (const auto& [its_key, r] : ranks) members.push_back(p.c.members[size_t(r)]);
    place->second = new_communicator(members, "a part of " + p.c.name);
  }
  *part = place->second;
  return MPI_SUCCESS;
}

// The only type of MPI-3: ranks that share a node.
int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info, MPI_Comm* part) {
  const World& w = world();
  return MPI_Comm_split(comm, type == MPI_COMM_TYPE_SHARED ? w.network.topology().node_of(w.rank()) : MPI_UNDEFINED, key,
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
