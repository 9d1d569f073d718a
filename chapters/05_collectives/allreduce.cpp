// Every rank has a vector, every rank gets their sum: the collective that data-parallel training waits for.
// Most of the ways are two halves: a reduction that ends somewhere, and a distribution that starts there.
#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/power_of_two.h"
#include "chapters/05_collectives/scratch.h"
#include "common/mpi/session.h"

#include <algorithm>

void allreduce_reduce_broadcast(float* result, const float* data, size_t n, MPI_Comm comm) {
  reduce_tree(result, data, n, 0, comm);
  broadcast_tree(result, n, 0, comm);
}

void allreduce_recursive_doubling(float* result, const float* data, size_t n, MPI_Comm comm) {
  const Survivors survivors(comm);
  const float* source = fold_in(result, data, n, survivors, comm);
  if (survivors.survives) {
    Scratch received = scratch(n);
    for (int distance = 1; distance < survivors.count; distance *= 2) {
      const int partner = survivors.first_rank(survivors.number ^ distance);
      exchange_floats(source, n, partner, received.get(), n, partner, comm);
      add(result, source, received.get(), n);
      source = result;
    }
    if (source != result) std::copy_n(source, n, result);  // one rank
  }
  fold_out(result, n, survivors, comm);
}

void allreduce_ring(float* result, const float* data, size_t n, MPI_Comm comm) {
  float* mine = result + Blocks{n, ranks_of(comm)}.begin(rank_of(comm));
  reduce_scatter_ring(mine, data, n, comm);
  allgather_ring(result, mine, n, comm);
}

void allreduce_rabenseifner(float* result, const float* data, size_t n, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const Survivors survivors(comm);
  const float* source = fold_in(result, data, n, survivors, comm);
  if (survivors.survives) {
    halve(result, source, blocks, survivors, comm);
    double_up(result, blocks, survivors, comm);
  }
  fold_out(result, n, survivors, comm);
}

namespace {

// Everybody gets every operand and adds for itself: one step instead of two, p times the additions.
void allreduce_rank_order_short(float* result, const float* data, size_t n, MPI_Comm comm) {
  const int ranks = ranks_of(comm), rank = rank_of(comm);
  Scratch operands = scratch(n * ranks);
  Pending messages;
  for (int step = 1; step < ranks; ++step) messages.send(data, n, (rank + step) % ranks, comm);
  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks;
    messages.receive(operands.get() + from * n, n, from, comm);
  }
  messages.wait();
  add_in_rank_order(
      result, [&](int r) { return r == rank ? data : operands.get() + r * n; }, n, ranks);
}

}  // namespace

void allreduce_rank_order(float* result, const float* data, size_t n, MPI_Comm comm) {
  if (n <= short_vector) return allreduce_rank_order_short(result, data, n, comm);
  float* mine = result + Blocks{n, ranks_of(comm)}.begin(rank_of(comm));
  reduce_scatter_rank_order(mine, data, n, comm);
  allgather_direct(result, mine, n, comm);
}

void allreduce_mpi(float* result, const float* data, size_t n, MPI_Comm comm) {
  constexpr size_t largest = size_t{1} << 28;
  for (size_t begin = 0; begin < n; begin += largest)
    MPI_CHECK(MPI_Allreduce(result == data ? MPI_IN_PLACE : data + begin, result + begin,
                            int(std::min(largest, n - begin)), MPI_FLOAT, MPI_SUM, comm));
}
