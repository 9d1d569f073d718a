// Collective operations of the simulated MPI: chapter 05's algorithms on messages of bytes, chosen as MPICH chooses them.
//
//   MPI_Barrier     dissemination
//   MPI_Bcast       a binomial tree; from 12 KiB on, with 8 ranks or more, the blocks by a tree, then round a ring
//   MPI_Allgather   recursive doubling for 2, 4, 8, ... ranks up to 512 KiB in all, Bruck for others up to 80 KiB, or a ring
//   MPI_Allreduce   recursive doubling up to 2 KiB, or Rabenseifner
//   MPI_Comm_split  an allgather of colors and keys; MPI_Comm_dup is one of these
//
// Thakur, Rabenseifner, Gropp: IJHPCA 19(1), 2005. They do not look at what they carry, so memory may have no contents.
#include <algorithm>
#include <bit>

#include "chapters/05_collectives/power_of_two.h"
#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "chapters/13_scaling/timeline.h"
#include "common/error.h"

namespace {

// Memory that a message comes from or goes to.
struct Piece {
  void* data = nullptr;
  size_t bytes = 0;
};

// Elements of `each` bytes, in chapter 05's blocks.
struct Dealt {
  void* memory;
  size_t each;
  Blocks blocks;
  // What belongs to the ranks first, ..., last - 1.
  Piece operator()(int first, int last) const {
    const size_t begin = blocks.begin(first);
    return {static_cast<char*>(memory) + begin * each, (blocks.begin(last) - begin) * each};
  }
};

// One rank's part in a collective: its messages to others.
struct Party {
  const MPI_Comm comm;
  const char* const name;
  const double bytes = -1;
  const CallInWorld call{"collective", name, -1, bytes};
  Communicator& c = communicator_of(comm);
  const int ranks = c.size(), rank = own_rank(c);

  void send(int to, Piece p) const { finish(begin_send(p.data, p.bytes, to, 0, comm, name)); }
  void receive(int from, Piece p) const { finish(begin_receive(p.data, p.bytes, from, 0, comm, name)); }
  void exchange(int to, Piece out, int from, Piece in) const {
    const MPI_Request receives = begin_receive(in.data, in.bytes, from, 0, comm, name);
    const MPI_Request sends = begin_send(out.data, out.bytes, to, 0, comm, name);
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

// ---- Algorithms ----

// Ranks by their distance from the root: the one at v has a subtree of those up to v + extent(v), and hangs at v - extent(v).
// Blocks are those of distances.
struct Tree {
  const Party& p;
  const int root;
  const int v = (p.rank - root + p.ranks) % p.ranks, extent = v == 0 ? int(std::bit_ceil(unsigned(p.ranks))) : v & -v;
  int rank_at(int distance) const { return (root + distance) % p.ranks; }

  void send_down(const auto& blocks) const {
    const auto subtree = [&](int distance, int size) { return blocks(distance, std::min(distance + size, p.ranks)); };
    if (v > 0) p.receive(rank_at(v - extent), subtree(v, extent));
    for (int d = extent / 2; d > 0; d /= 2)
      if (v + d < p.ranks) p.send(rank_at(v + d), subtree(v + d, d));
  }
  // Everybody has the block at its own distance, and gets all others.
  void round_the_ring(const Dealt& blocks) const {
    for (int step = 0; step + 1 < p.ranks; ++step) {
      const int mine = (v - step + p.ranks) % p.ranks, theirs = (mine - 1 + p.ranks) % p.ranks;
      p.exchange(rank_at(v + 1), blocks(mine, mine + 1), rank_at(v + p.ranks - 1), blocks(theirs, theirs + 1));
    }
  }
};

// Survivors only. Each has its own block, and gets all others.
void double_up(const Party& p, const Survivors& s, const Dealt& blocks) {
  for (int d = 1; d < s.count; d *= 2) {
    const int partner = s.first_rank(s.number ^ d), have = s.number & ~(d - 1), get = have ^ d;
    p.exchange(partner, blocks(have, have + d), partner, blocks(get, get + d));
  }
}

void allgather_bruck(const Party& p, const Dealt& blocks) {
  const Scratch have(blocks.memory, size_t(p.ranks) * blocks.each);  // beginning with the own block
  const Dealt by_distance{have.data, blocks.each, blocks.blocks};
  const auto copy = [](Piece to, Piece from) { copy_unless_ghost(to.data, from.data, to.bytes); };
  copy(by_distance(0, 1), blocks(p.rank, p.rank + 1));
  for (int d = 1; d < p.ranks; d *= 2) {
    const int n = std::min(d, p.ranks - d);
    p.exchange((p.rank - d + p.ranks) % p.ranks, by_distance(0, n), (p.rank + d) % p.ranks, by_distance(d, d + n));
  }
  for (int i = 0, r = p.rank; i < p.ranks; ++i, r = (r + 1) % p.ranks) copy(blocks(r, r + 1), by_distance(i, i + 1));
}

// Each rank has a block of `each` bytes in place.
void allgather(const Party& p, void* all, size_t each) {
  const size_t bytes = each * size_t(p.ranks);
  const Survivors s(p.comm);
  const bool doubles = s.extra == 0;
  const Dealt blocks{all, each, {size_t(p.ranks), p.ranks}};
  if (!doubles && bytes < 80 * 1024) return allgather_bruck(p, blocks);
  if (!doubles || bytes >= 512 * 1024) return Tree{p, 0}.round_the_ring(blocks);
  double_up(p, s, blocks);
}

}  // namespace

extern "C" {

int MPI_Barrier(MPI_Comm comm) {
  const Party p{comm, "MPI_Barrier"};
  for (int d = 1; d < p.ranks; d *= 2) p.exchange((p.rank + d) % p.ranks, {}, (p.rank - d + p.ranks) % p.ranks, {});
  return MPI_SUCCESS;
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const size_t bytes = bytes_of(count, type);
  const Party p{comm, "MPI_Bcast", double(bytes)};
  const Tree tree{p, root};
  const Dealt blocks{data, 1, {bytes, p.ranks}};
  if (bytes < 12 * 1024 || p.ranks < 8) {
    tree.send_down([&](int, int) { return blocks(0, p.ranks); });
  } else {
    tree.send_down(blocks);
    tree.round_the_ring(blocks);
  }
  return MPI_SUCCESS;
}

int MPI_Allgather(const void* in, int count, MPI_Datatype type, void* out, int, MPI_Datatype, MPI_Comm comm) {
  const size_t each = bytes_of(count, type);
  const Party p{comm, "MPI_Allgather", double(each)};
  if (in != MPI_IN_PLACE) copy_unless_ghost(static_cast<char*>(out) + size_t(p.rank) * each, in, each);
  allgather(p, out, each);
  return MPI_SUCCESS;
}

// out: the own operand, then the sum.
int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const size_t each = bytes_of(1, type), bytes = bytes_of(count, type);
  const Party p{comm, "MPI_Allreduce", double(bytes)};
  if (in != MPI_IN_PLACE) copy_unless_ghost(out, in, bytes);
  const Survivors s(comm);
  const Scratch other(out, bytes);
  const Blocks blocks{size_t(count), s.count};
  const Dealt mine{out, each, blocks}, theirs{other.data, each, blocks};
  const Piece all = mine(0, s.count);
  // And the time for it: two numbers are read, one is written.
  const auto add = [&](int first, int last) {
    const Piece sum = mine(first, last);
    combine(sum.data, theirs(first, last).data, sum.bytes / each, type, op);
    world().spend(3 * double(sum.bytes) / world().cluster.sum_bytes_per_second());
  };
  if (!s.survives) {
    p.send(s.partner, all);
    p.receive(s.partner, all);
    return MPI_SUCCESS;
  }
  if (s.partner >= 0) {
    p.receive(s.partner, theirs(0, s.count));
    add(0, s.count);
  }
  if (bytes <= 2048 || count < s.count) {
    for (int d = 1; d < s.count; d *= 2) {
      const int partner = s.first_rank(s.number ^ d);
      p.exchange(partner, all, partner, theirs(0, s.count));
      add(0, s.count);
    }
  } else {
    for (int d = s.count / 2; d > 0; d /= 2) {
      const int partner = s.first_rank(s.number ^ d), keep = s.number & ~(d - 1), give = keep ^ d;
      p.exchange(partner, mine(give, give + d), partner, theirs(keep, keep + d));
      add(keep, keep + d);
    }
    double_up(p, s, mine);
  }
  if (s.partner >= 0) p.send(s.partner, all);
  return MPI_SUCCESS;
}

int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm* part) {
  const Party p{comm, "MPI_Comm_split"};
  std::vector<std::pair<int, int>> all(size_t(p.ranks));  // color, key
  all[size_t(p.rank)] = {color, key};
  allgather(p, all.data(), sizeof all[0]);
  *part = MPI_COMM_NULL;
  const int number = p.c.splits[size_t(p.rank)]++;
  if (color == MPI_UNDEFINED) return MPI_SUCCESS;
  const auto [place, is_new] = p.c.parts.try_emplace({number, color});
  if (is_new) {                         // the first of its members that knows them all
    std::multimap<int, int> by_key;     // ranks of the world
    for (int r = 0; r < p.ranks; ++r)
      if (all[size_t(r)].first == color) by_key.emplace(all[size_t(r)].second, p.c.members[size_t(r)]);
    std::vector<int> members;
    for (const auto& [its_key, member] : by_key) members.push_back(member);
    place->second = new_communicator(members, "a part of " + p.c.name);
  }
  *part = place->second;
  return MPI_SUCCESS;
}

int MPI_Comm_dup(MPI_Comm comm, MPI_Comm* copy) { return MPI_Comm_split(comm, 0, 0, copy); }

// The only type of MPI-3: ranks that share a node.
int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info, MPI_Comm* part) {
  const int node = world().network.topology().node_of(world().rank());
  return MPI_Comm_split(comm, type == MPI_COMM_TYPE_SHARED ? node : MPI_UNDEFINED, key, part);
}

// ---- Not simulated ----

int MPI_Iprobe(int, int, MPI_Comm, int*, MPI_Status*) { throw Error("simulated MPI: MPI_Iprobe is not simulated"); }

static int no_windows() { throw Error("simulated MPI: memory that ranks share (windows) is not simulated"); }
int MPI_Win_allocate_shared(MPI_Aint, int, MPI_Info, MPI_Comm, void*, MPI_Win*) { return no_windows(); }
int MPI_Win_set_errhandler(MPI_Win, MPI_Errhandler) { return no_windows(); }
int MPI_Win_shared_query(MPI_Win, int, MPI_Aint*, int*, void*) { return no_windows(); }
int MPI_Win_lock_all(int, MPI_Win) { return no_windows(); }
int MPI_Win_unlock_all(MPI_Win) { return no_windows(); }
int MPI_Win_sync(MPI_Win) { return no_windows(); }
int MPI_Win_free(MPI_Win*) { return no_windows(); }

}  // extern "C"
