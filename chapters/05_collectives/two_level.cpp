#include "chapters/05_collectives/two_level.h"

#include <string>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// This rank's two communicators: its node, and the ranks that have the same place in the other nodes.
struct Levels {
  MPI_Comm node = MPI_COMM_NULL, across = MPI_COMM_NULL;
  bool even = false;  // all nodes have the same number of ranks
};

// MPI calls this when the communicator, or its attribute, goes away.
int free_levels(MPI_Comm, int, void* value, void*) {
  auto* levels = static_cast<Levels*>(value);
  MPI_Comm_free(&levels->node);
  MPI_Comm_free(&levels->across);
  delete levels;
  return MPI_SUCCESS;
}

int levels_key() {
  static const int key = [] {
    int made;
    MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, free_levels, &made, nullptr));
    return made;
  }();
  return key;
}

const Levels& make_levels(MPI_Comm comm, int ranks_per_node) {
  auto* levels = new Levels;
  const int rank = rank_of(comm);
  if (ranks_per_node > 0)
    MPI_CHECK(MPI_Comm_split(comm, rank / ranks_per_node, rank, &levels->node));
  else
    MPI_CHECK(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &levels->node));
  MPI_CHECK(MPI_Comm_split(comm, rank_of(levels->node), rank, &levels->across));
  int sizes[2] = {ranks_of(levels->node), -ranks_of(levels->node)};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sizes, 2, MPI_INT, MPI_MAX, comm));
  levels->even = sizes[0] == -sizes[1];
  MPI_CHECK(MPI_Comm_set_attr(comm, levels_key(), levels));
  return *levels;
}

const Levels& levels_of(MPI_Comm comm) {
  void* value;
  int found;
  MPI_CHECK(MPI_Comm_get_attr(comm, levels_key(), &value, &found));
  return found ? *static_cast<Levels*>(value) : make_levels(comm, 0);
}

// Every rank of a node carries its block to the other nodes.
void allreduce_by_blocks(float* result, const float* data, size_t n, const Levels& levels) {
  const Blocks blocks{n, ranks_of(levels.node)};
  const int place = rank_of(levels.node);
  float* mine = result + blocks.begin(place);
  reduce_scatter_rank_order(mine, data, n, levels.node);
  allreduce_rank_order(mine, mine, blocks.size(place), levels.across);
  allgather_direct(result, mine, n, levels.node);
}

// The first rank of a node carries everything.
void allreduce_by_leaders(float* result, const float* data, size_t n, const Levels& levels) {
  reduce_linear(result, data, n, 0, levels.node);
  if (rank_of(levels.node) == 0) allreduce_rank_order(result, result, n, levels.across);
  broadcast_tree(result, n, 0, levels.node);
}

}  // namespace

void allreduce_two_level(float* result, const float* data, size_t n, MPI_Comm comm) {
  const Levels& levels = levels_of(comm);
  if (levels.even)
    allreduce_by_blocks(result, data, n, levels);
  else
    allreduce_by_leaders(result, data, n, levels);
}

void set_ranks_per_node(MPI_Comm comm, int ranks_per_node) {
  if (ranks_per_node < 0)
    throw Error("ranks per node: " + std::to_string(ranks_per_node) + ", expected 0 or more");
  void* value;
  int found;
  MPI_CHECK(MPI_Comm_get_attr(comm, levels_key(), &value, &found));
  if (found) MPI_CHECK(MPI_Comm_delete_attr(comm, levels_key()));
  make_levels(comm, ranks_per_node);
}
