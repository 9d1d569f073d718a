// Losses that are sorted across all ranks, although each rank talks to its neighbours only.
#include <algorithm>
#include <vector>

#include "common/mpi/session.h"

// The losses of many samples lie on the ranks of comm in pieces. Rank r has counts[r] of them in `losses`, sorted, the smallest
// first. counts (ranks) is the same on every rank: all have equally many, but the last rank that has any may have fewer, and the
// ranks behind it have none. On return the losses are sorted across the ranks: rank 0 has the smallest ones of all, and so on. Each
// rank has as many as before, and they are sorted.
//
// Odd-even transposition (G. Baudet, D. Stevenson: Optimal sorting algorithms for parallel computers, IEEE Transactions on
// Computers 27(1), 1978) takes as many phases as there are ranks:
//
//   phases 0, 2, 4 ...   ranks 0 and 1 are a pair, 2 and 3, 4 and 5, ...
//   phases 1, 3, 5 ...   ranks 1 and 2 are a pair, 3 and 4, 5 and 6, ...
//
// The two of a pair send each other what they have. Both merge it; the left one keeps the lower part, the right one the upper
// part. A rank at the end that has no partner does nothing in that phase. A piece may be larger than what MPI keeps in buffers.
// Use point-to-point calls only; a rank sends to, and receives from, its two neighbours alone.
//
// So many phases are enough for counts as above, but not for all: through an empty piece between two others nothing passes.
void odd_even_sort(float* losses, const int* counts, MPI_Comm comm) {
  int rank = 0, size = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &size));
  // BEGIN SOLUTION
  const int own = counts[rank];
  for (int phase = 0; phase < size; ++phase) {
    const int partner = (rank + phase) % 2 == 0 ? rank + 1 : rank - 1;
    if (partner < 0 || partner == size) continue;
    const int other = counts[partner];
    std::vector<float> theirs(static_cast<size_t>(other)), both(static_cast<size_t>(own + other));
    MPI_CHECK(MPI_Sendrecv(losses, own, MPI_FLOAT, partner, phase, theirs.data(), other, MPI_FLOAT, partner,
                           phase, comm, MPI_STATUS_IGNORE));
    std::merge(losses, losses + own, theirs.begin(), theirs.end(), both.begin());
    std::copy_n(both.begin() + (rank < partner ? 0 : other), own, losses);
  }
  // TODO
  // Who is my partner in this phase, if there is one? How many losses come from it, and where in the merged ones do those begin
  // that I keep?
  // STUB
  // END SOLUTION
}
