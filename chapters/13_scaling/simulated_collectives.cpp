// Collective operations of the simulated MPI: chapter 05's algorithms on messages of bytes, chosen as MPICH chooses them.
//
//   MPI_Barrier     dissemination
//   MPI_Bcast       a binomial tree; from 12 KiB on, with 8 ranks or more, the blocks by a tree, then round a ring
//   MPI_Gather      a binomial tree
//   MPI_Allgather   recursive doubling for 2, 4, 8, ... ranks up to 512 KiB in all, Bruck for others up to 80 KiB, or a ring
//   MPI_Allreduce   recursive doubling up to 2 KiB, or Rabenseifner
//   MPI_Comm_split  an allgather of colors and keys; MPI_Comm_dup is one of these
//
// Thakur, Rabenseifner, Gropp: IJHPCA 19(1), 2005. They do not look at what they carry, so memory may have no contents.
#include <algorithm>
#include <bit>
#include <functional>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "chapters/13_scaling/timeline.h"
#include "common/error.h"
#include "common/split.h"

namespace {

// Memory that a message comes from or goes to.
struct Piece {
  void* data = nullptr;
  size_t bytes = 0;
};
// Elements of `each` bytes.
Piece piece(void* memory, Range elements, size_t each) {
  return {static_cast<char*>(memory) + elements.first * each, elements.size() * each};
}
void copy(Piece to, const void* from) { copy_unless_ghost(to.data, from, to.bytes); }

// One rank's part in a collective: its messages to others.
struct Party {
  const CallInWorld call;
  const MPI_Comm comm;
  const char* const name;
  Communicator& c;
  const int ranks, rank;
  const std::pair<int, size_t> place;
  Collective& together;

  Party(MPI_Comm in, const char* what, double bytes = -1)
      : call("collective", what, -1, bytes),
        comm(in),
        name(what),
        c(communicator_of(in)),
        ranks(c.size()),
        rank(own_rank(c)),
        place(c.id, c.collectives[size_t(rank)]++),
        together(simulated_mpi().collectives[place]) {
    if (together.name.empty()) together.name = name;
    if (together.name != name)
      throw Error("rank " + std::to_string(world().rank()) + " calls " + name + " on '" + c.name + "', where others call " +
                  together.name);
  }
  ~Party() {
    if (++together.ended == ranks) simulated_mpi().collectives.erase(place);
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  MPI_Request begin_to(int to, Piece p) const { return begin_send(p.data, p.bytes, to, 0, comm, name); }
  MPI_Request begin_from(int from, Piece p) const { return begin_receive(p.data, p.bytes, from, 0, comm, name); }
  void send(int to, Piece p) const { finish(begin_to(to, p)); }
  void receive(int from, Piece p) const { finish(begin_from(from, p)); }
  void exchange(int to, Piece out, int from, Piece in) const {
    const MPI_Request receives = begin_from(from, in), sends = begin_to(to, out);
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

// What belongs to the ranks first, ..., last - 1.
using Blocks = std::function<Piece(int first, int last)>;
Blocks equal_blocks(void* memory, size_t each) {
  return [=](int first, int last) { return piece(memory, {size_t(first), size_t(last)}, each); };
}
// Those of n things that all ranks share.
Range share_of_ranks(size_t n, int ranks, int first, int last) {
  return {share(n, size_t(ranks), size_t(first)).first, share(n, size_t(ranks), size_t(last - 1)).last};
}

// ---- Algorithms ----

void disseminate(const Party& p) {
  for (int d = 1; d < p.ranks; d *= 2) p.exchange((p.rank + d) % p.ranks, {}, (p.rank - d + p.ranks) % p.ranks, {});
}

// Ranks by their distance from the root: the one at v has a subtree of those up to v + extent(v), and hangs at v - extent(v).
struct Tree {
  const Party& p;
  const int root, v, extent;
  Tree(const Party& party, int r)
      : p(party),
        root(r),
        v((p.rank - r + p.ranks) % p.ranks),
        extent(v == 0 ? int(std::bit_ceil(unsigned(p.ranks))) : v & -v) {}
  int rank_at(int distance) const { return (root + distance) % p.ranks; }
  // Blocks are those of distances.
  Piece subtree(const Blocks& blocks, int distance, int size) const {
    return blocks(distance, std::min(distance + size, p.ranks));
  }

  void send_down(const Blocks& blocks) const {
    if (v > 0) p.receive(rank_at(v - extent), subtree(blocks, v, extent));
    for (int d = extent / 2; d > 0; d /= 2)
      if (v + d < p.ranks) p.send(rank_at(v + d), subtree(blocks, v + d, d));
  }
  void gather_up(const Blocks& blocks) const {
    for (int d = 1; d < extent && v + d < p.ranks; d *= 2) p.receive(rank_at(v + d), subtree(blocks, v + d, d));
    if (v > 0) p.send(rank_at(v - extent), subtree(blocks, v, extent));
  }
  // Everybody has the block at its own distance, and gets all others.
  void round_the_ring(const Blocks& blocks) const {
    for (int step = 0; step + 1 < p.ranks; ++step) {
      const int mine = (v - step + p.ranks) % p.ranks, theirs = (mine - 1 + p.ranks) % p.ranks;
      p.exchange(rank_at(v + 1), blocks(mine, mine + 1), rank_at(v + p.ranks - 1), blocks(theirs, theirs + 1));
    }
  }
};

// Of 2, 4, 8, ... numbers: the blocks that n has when groups of d have exchanged theirs are [first, first + d).
int first_of_group(int n, int d) { return n & ~(d - 1); }

void allgather_bruck(const Party& p, void* all, size_t each) {
  const Scratch have(all, size_t(p.ranks) * each);  // beginning with the own block
  const Blocks blocks = equal_blocks(all, each), by_distance = equal_blocks(have.data, each);
  copy(by_distance(0, 1), blocks(p.rank, p.rank + 1).data);
  for (int d = 1; d < p.ranks; d *= 2) {
    const int n = std::min(d, p.ranks - d);
    p.exchange((p.rank - d + p.ranks) % p.ranks, by_distance(0, n), (p.rank + d) % p.ranks, by_distance(d, d + n));
  }
  for (int i = 0, r = p.rank; i < p.ranks; ++i, r = (r + 1) % p.ranks) copy(blocks(r, r + 1), by_distance(i, i + 1).data);
}

// The own block is in place.
void allgather(const Party& p, void* all, size_t each) {
  const size_t bytes = each * size_t(p.ranks);
  const bool doubles = std::has_single_bit(unsigned(p.ranks));
  const Blocks blocks = equal_blocks(all, each);
  if (!doubles && bytes < 80 * 1024) return allgather_bruck(p, all, each);
  if (!doubles || bytes >= 512 * 1024) return Tree(p, 0).round_the_ring(blocks);
  for (int d = 1; d < p.ranks; d *= 2) {
    const int mine = first_of_group(p.rank, d), theirs = first_of_group(p.rank ^ d, d);
    p.exchange(p.rank ^ d, blocks(mine, mine + d), p.rank ^ d, blocks(theirs, theirs + d));
  }
}

void broadcast(const Party& p, void* data, size_t bytes, int root) {
  const Tree tree(p, root);
  if (bytes < 12 * 1024 || p.ranks < 8) return tree.send_down([&](int, int) { return Piece{data, bytes}; });
  const Blocks blocks = [&](int first, int last) { return piece(data, share_of_ranks(bytes, p.ranks, first, last), 1); };
  tree.send_down(blocks);
  tree.round_the_ring(blocks);
}

// result: the own operand, then the sum.
void allreduce(const Party& p, void* result, int count, MPI_Datatype type, MPI_Op op) {
  const size_t each = bytes_of(1, type);
  const Range all{0, size_t(count)};
  const Scratch other(result, all.size() * each);
  const auto mine = [&](Range elements) { return piece(result, elements, each); };
  const auto theirs = [&](Range elements) { return piece(other.data, elements, each); };
  // And the time for it: two numbers are read, one is written.
  const auto add = [&](Range elements) {
    combine(mine(elements).data, theirs(elements).data, elements.size(), type, op);
    world().spend(3 * double(elements.size() * each) / world().cluster.bytes_per_second);
  };
  // Of the first 2 · rest ranks, every second one acts for its neighbour, so that 2, 4, 8, ... are left.
  const int survivors = int(std::bit_floor(unsigned(p.ranks))), rest = p.ranks - survivors;
  const bool in_pair = p.rank < 2 * rest;
  if (in_pair && p.rank % 2 == 0) {
    p.send(p.rank + 1, mine(all));
    return p.receive(p.rank + 1, mine(all));
  }
  if (in_pair) {
    p.receive(p.rank - 1, theirs(all));
    add(all);
  }
  const int number = in_pair ? p.rank / 2 : p.rank - rest;
  const auto partner = [&](int d) { return (number ^ d) < rest ? 2 * (number ^ d) + 1 : (number ^ d) + rest; };
  const auto group = [&](int s, int d) {
    return share_of_ranks(all.size(), survivors, first_of_group(s, d), first_of_group(s, d) + d);
  };
  if (mine(all).bytes <= 2048 || count < survivors) {
    for (int d = 1; d < survivors; d *= 2) {
      p.exchange(partner(d), mine(all), partner(d), theirs(all));
      add(all);
    }
  } else {
    for (int d = survivors / 2; d > 0; d /= 2) {
      p.exchange(partner(d), mine(group(number ^ d, d)), partner(d), theirs(group(number, d)));
      add(group(number, d));
    }
    for (int d = 1; d < survivors; d *= 2)
      p.exchange(partner(d), mine(group(number, d)), partner(d), mine(group(number ^ d, d)));
  }
  if (in_pair) p.send(p.rank - 1, mine(all));
}

}  // namespace

extern "C" {

int MPI_Barrier(MPI_Comm comm) {
  disseminate(Party(comm, "MPI_Barrier"));
  return MPI_SUCCESS;
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  broadcast(Party(comm, "MPI_Bcast", double(bytes)), data, bytes, root);
  return MPI_SUCCESS;
}

int MPI_Allgather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, MPI_Comm comm) {
  const size_t each = bytes_of(count, type);
  const Party p(comm, "MPI_Allgather", double(each));
  if (in != MPI_IN_PLACE) copy(equal_blocks(out, each)(p.rank, p.rank + 1), in);
  allgather(p, out, each);
  return MPI_SUCCESS;
}

int MPI_Gather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, int root, MPI_Comm comm) {
  const size_t each = bytes_of(count, type);
  const Party p(comm, "MPI_Gather", double(each));
  const Tree tree(p, root);
  const Blocks by_rank = equal_blocks(out, each);
  const void* mine = in == MPI_IN_PLACE ? by_rank(root, root + 1).data : in;
  const Scratch gathered(const_cast<void*>(mine), size_t(p.ranks) * each);
  const Blocks by_distance = equal_blocks(gathered.data, each);
  copy(by_distance(tree.v, tree.v + 1), mine);
  tree.gather_up(by_distance);
  for (int v = 0; p.rank == root && v < p.ranks; ++v)
    copy(by_rank(tree.rank_at(v), tree.rank_at(v) + 1), by_distance(v, v + 1).data);
  return MPI_SUCCESS;
}

int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  const Party p(comm, "MPI_Allreduce", double(bytes));
  if (in != MPI_IN_PLACE) copy_unless_ghost(out, in, bytes);
  allreduce(p, out, count, type, op);
  return MPI_SUCCESS;
}

int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm* part) {
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

int MPI_Comm_dup(MPI_Comm comm, MPI_Comm* copy) { return MPI_Comm_split(comm, 0, 0, copy); }

// The only type of MPI-3: ranks that share a node.
int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info, MPI_Comm* part) {
  const World& w = world();
  const bool known = type == MPI_COMM_TYPE_SHARED;
  return MPI_Comm_split(comm, known ? w.network.topology().node_of(w.rank()) : MPI_UNDEFINED, key, part);
}

// ---- Not simulated ----

int MPI_Iprobe(int, int, MPI_Comm, int*, MPI_Status*) { throw Error("simulated MPI: MPI_Iprobe is not simulated"); }

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
