// Every rank has a block, every rank gets all of them: four ways.
#include <algorithm>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/power_of_two.h"
#include "chapters/05_collectives/scratch.h"

namespace {

void place_own_block(float* all, const float* mine, const Blocks& blocks, int rank) {
  if (mine != all + blocks.begin(rank)) std::copy_n(mine, blocks.size(rank), all + blocks.begin(rank));
}

}  // namespace

// Each rank begins with its right neighbour, so no rank is everybody's first target.
void begin_allgather_direct(float* all, const float* mine, size_t n, MPI_Comm comm, Pending& messages) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  for (int step = 1; step < ranks; ++step)
    messages.send(mine, blocks.size(rank), (rank + step) % ranks, comm);
  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks;
    messages.receive(all + blocks.begin(from), blocks.size(from), from, comm);
  }
  place_own_block(all, mine, blocks, rank);
}

void allgather_direct(float* all, const float* mine, size_t n, MPI_Comm comm) {
  Pending messages;
  begin_allgather_direct(all, mine, n, comm, messages);
  messages.wait();
}

void allgather_ring(float* all, const float* mine, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  place_own_block(all, mine, blocks, rank);
  for (int step = 0; step < ranks - 1; ++step) {
    const int give = (rank - step + ranks) % ranks;  // the block that came in at the step before
    const int take = (give - 1 + ranks) % ranks;
    exchange_floats(all + blocks.begin(give), blocks.size(give), right, all + blocks.begin(take),
                    blocks.size(take), left, comm);
  }
}

void allgather_bruck(float* all, const float* mine, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  Scratch sorted = scratch(n);  // the blocks of rank, rank + 1, ...
  std::copy_n(mine, blocks.size(rank), sorted.get());
  for (int have = 1; have < ranks; have *= 2) {
    const int more = std::min(have, ranks - have);
    const int from = (rank + have) % ranks, to = (rank - have + ranks) % ranks;
    exchange_floats(sorted.get(), blocks.size_from(rank, more), to,
                    sorted.get() + blocks.size_from(rank, have), blocks.size_from(from, more), from, comm);
  }
  const size_t before_wrap = n - blocks.begin(rank);
  std::rotate_copy(sorted.get(), sorted.get() + before_wrap, sorted.get() + n, all);
}

void allgather_recursive_doubling(float* all, const float* mine, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const Survivors survivors(comm);
  const int rank = rank_of(comm), partner = survivors.partner;
  place_own_block(all, mine, blocks, rank);
  if (partner >= 0 && survivors.survives)
    receive_floats(all + blocks.begin(partner), blocks.size(partner), partner, comm);
  else if (partner >= 0)
    send_floats(all + blocks.begin(rank), blocks.size(rank), partner, comm);
  if (survivors.survives) double_up(all, blocks, survivors, comm);
  fold_out(all, n, survivors, comm);
}
