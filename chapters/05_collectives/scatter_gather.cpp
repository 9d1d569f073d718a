// From one rank's vector to a block on each rank, and back: two ways each.
#include <algorithm>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"

namespace {

// A rank's place in the binomial tree of broadcast_tree. The subtree of `place` holds the places
// [place, place + width), so in a vector whose blocks are sorted by place it is one contiguous piece.
struct Branch {
  Branch(size_t n, int root, MPI_Comm comm)
      : blocks{n, ranks_of(comm)}, root(root), place((rank_of(comm) - root + blocks.ranks) % blocks.ranks) {
    while (bit < blocks.ranks && !(place & bit)) bit *= 2;
  }
  int width_of(int some_place, int subtree) const { return std::min(subtree, blocks.ranks - some_place); }
  int width() const { return width_of(place, bit); }
  int rank_at(int some_place) const { return (some_place + root) % blocks.ranks; }
  int parent() const { return rank_at(place - bit); }
  // Elements in the `count` blocks from `some_place` on.
  size_t size(int some_place, int count) const { return blocks.size_from(rank_at(some_place), count); }
  // Where the block of `some_place` begins in this rank's piece.
  size_t offset(int some_place) const { return size(place, some_place - place); }

  Blocks blocks;
  int root, place;
  int bit = 1;  // the lowest set bit of place; for the root, the first power of two that is not below ranks
};

void copy_unless_same(const float* from, size_t n, float* to) {
  if (from != to) std::copy_n(from, n, to);
}

}  // namespace

void scatter_linear(float* mine, const float* all, size_t n, int root, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int rank = rank_of(comm);
  if (rank != root) return receive_floats(mine, blocks.size(rank), root, comm);
  Pending sends;
  for (int to = 0; to < blocks.ranks; ++to)
    if (to != root) sends.send(all + blocks.begin(to), blocks.size(to), to, comm);
  copy_unless_same(all + blocks.begin(rank), blocks.size(rank), mine);
}

void gather_linear(float* all, const float* mine, size_t n, int root, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int rank = rank_of(comm);
  if (rank != root) return send_floats(mine, blocks.size(rank), root, comm);
  Pending receives;
  for (int from = 0; from < blocks.ranks; ++from)
    if (from != root) receives.receive(all + blocks.begin(from), blocks.size(from), from, comm);
  copy_unless_same(mine, blocks.size(rank), all + blocks.begin(rank));
}

void scatter_tree(float* mine, const float* all, size_t n, int root, MPI_Comm comm) {
  const Branch branch(n, root, comm);
  const Blocks& blocks = branch.blocks;
  Scratch sorted;
  const float* piece = all;
  if (branch.place == 0 && root != 0) {  // sort the blocks by place: a rotation
    sorted = scratch(n);
    std::rotate_copy(all, all + blocks.begin(root), all + n, sorted.get());
    piece = sorted.get();
  }
  if (branch.place != 0) {
    const size_t length = branch.size(branch.place, branch.width());
    float* into = branch.width() == 1 ? mine : (sorted = scratch(length)).get();
    receive_floats(into, length, branch.parent(), comm);
    piece = into;
  }
  for (int bit = branch.bit / 2; bit > 0; bit /= 2) {
    const int child = branch.place + bit;
    if (child >= blocks.ranks) continue;
    send_floats(piece + branch.offset(child), branch.size(child, branch.width_of(child, bit)),
                branch.rank_at(child), comm);
  }
  copy_unless_same(piece, branch.size(branch.place, 1), mine);
}

void gather_tree(float* all, const float* mine, size_t n, int root, MPI_Comm comm) {
  const Branch branch(n, root, comm);
  const Blocks& blocks = branch.blocks;
  const bool sorted_in_place = branch.place == 0 && root == 0;
  Scratch sorted;
  float* piece = all;
  if (!sorted_in_place) piece = (sorted = scratch(branch.size(branch.place, branch.width()))).get();
  copy_unless_same(mine, branch.size(branch.place, 1), piece);
  for (int bit = 1; bit < branch.bit; bit *= 2) {
    const int child = branch.place + bit;
    if (child >= blocks.ranks) continue;
    receive_floats(piece + branch.offset(child), branch.size(child, branch.width_of(child, bit)),
                   branch.rank_at(child), comm);
  }
  if (branch.place != 0)
    send_floats(piece, branch.size(branch.place, branch.width()), branch.parent(), comm);
  else if (!sorted_in_place)
    std::rotate_copy(piece, piece + (n - blocks.begin(root)), piece + n, all);
}
