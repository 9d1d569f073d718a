#include "chapters/05_collectives/words.h"

#include <algorithm>
#include <climits>

#include "chapters/05_collectives/blocks.h"
#include "common/mpi/session.h"

namespace {

size_t sent = 0;

// Counts of MPI are int: a longer vector is cut, by both sides alike.
template <class Piece>
void for_each_message(size_t n, Piece piece) {
  for (size_t begin = 0; begin < n; begin += INT_MAX) piece(begin, int(std::min(size_t{INT_MAX}, n - begin)));
}

}  // namespace

void PendingWords::send(const uint16_t* data, size_t n, int to, MPI_Comm comm, int tag) {
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(MPI_Isend(data + begin, length, MPI_UINT16_T, to, tag, comm, &requests_.emplace_back()));
  });
  sent += n;
}

void PendingWords::receive(uint16_t* data, size_t n, int from, MPI_Comm comm, int tag) {
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(MPI_Irecv(data + begin, length, MPI_UINT16_T, from, tag, comm, &requests_.emplace_back()));
  });
}

void PendingWords::wait() {
  MPI_CHECK(MPI_Waitall(int(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
  requests_.clear();
}

bool PendingWords::progress() {
  int complete = 0;
  MPI_CHECK(MPI_Testall(int(requests_.size()), requests_.data(), &complete, MPI_STATUSES_IGNORE));
  if (complete) requests_.clear();
  return complete;
}

size_t words_sent() { return sent; }

void begin_allgather_direct(uint16_t* all, const uint16_t* mine, size_t n, MPI_Comm comm, PendingWords& messages) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  for (int step = 1; step < ranks; ++step) messages.send(mine, blocks.size(rank), (rank + step) % ranks, comm);
  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks;
    messages.receive(all + blocks.begin(from), blocks.size(from), from, comm);
  }
  if (mine != all + blocks.begin(rank)) std::copy_n(mine, blocks.size(rank), all + blocks.begin(rank));
}
