// Every rank has a vector, every rank gets one block of their sum: three ways.
#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/power_of_two.h"
#include "chapters/05_collectives/scratch.h"

// At step s a rank passes on the partial sum of block rank - 1 - s, and adds its operand to the one that comes in.
// The block that comes in last is its own.
void reduce_scatter_ring(float* mine, const float* data, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  Scratch partial = scratch(blocks.longest()), received = scratch(blocks.longest());
  int give = left;
  const float* source = data + blocks.begin(give);
  for (int step = 0; step < ranks - 1; ++step) {
    const int take = (give - 1 + ranks) % ranks;
    exchange_floats(source, blocks.size(give), right, received.get(), blocks.size(take), left, comm);
    float* sum = take == rank ? mine : partial.get();
    add(sum, received.get(), data + blocks.begin(take), blocks.size(take));
    source = sum;
    give = take;
  }
  if (ranks == 1 && mine != data) std::copy_n(data, n, mine);
}

void reduce_scatter_recursive_halving(float* mine, const float* data, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const Survivors survivors(comm);
  const int rank = rank_of(comm), partner = survivors.partner;
  Scratch sum = scratch(n);
  const float* source = fold_in(sum.get(), data, n, survivors, comm);
  if (!survivors.survives) return receive_floats(mine, blocks.size(rank), partner, comm);
  halve(sum.get(), source, blocks, survivors, comm);
  if (partner >= 0) send_floats(sum.get() + blocks.begin(partner), blocks.size(partner), partner, comm);
  std::copy_n(sum.get() + blocks.begin(rank), blocks.size(rank), mine);
}

void reduce_scatter_rank_order(float* mine, const float* data, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  const size_t size = blocks.size(rank);
  Scratch operands = scratch(size * ranks);  // row r: rank r's operands for this rank's block
  Pending messages;
  for (int step = 1; step < ranks; ++step) {
    const int to = (rank + step) % ranks;
    messages.send(data + blocks.begin(to), blocks.size(to), to, comm);
  }
  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks;
    messages.receive(operands.get() + from * size, size, from, comm);
  }
  messages.wait();
  const auto operand = [&](int r) {
    return r == rank ? data + blocks.begin(rank) : operands.get() + r * size;
  };
  add_in_rank_order(mine, operand, size, ranks);
}
