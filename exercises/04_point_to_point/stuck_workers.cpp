// A manager and workers who wait for each other: a deadlock to explain, and to mend.
//
// Task 04_stuck_workers: warm-up, 3 points. Try it: make ex-04_stuck_workers
#include <vector>

#include "common/mpi/session.h"

// Ours: values[i] = values[i]² for i < n. Counts its calls.
void square(float* values, int n);

// Rank 0 has `pieces` pieces of n floats each, in (pieces, n), and gets their squares, out (pieces, n). It squares nothing
// itself: piece p goes to rank 1 + p % workers, where `workers` is all ranks but rank 0, is squared there, and comes back.
// Other ranks neither read `in` nor write `out`. pieces may be 0 or fewer than there are workers, n may be any number from 1
// on; there are at least 2 ranks. The program is to be right however few messages MPI keeps in buffers.
// Use point-to-point calls only.
//
// The code in the hole is right for short messages, and waits for ever where a message is long. The watchdog says who waits
// for whom, and where, when nothing has moved for GUARD_TIMEOUT seconds (2 in `make ex-...`, 10 elsewhere). Explain it to
// yourself before you mend it.
void square_elsewhere(float* out, const float* in, int pieces, int n, MPI_Comm comm) {
  int rank = 0, size = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &size));
  const int workers = size - 1, tag = 1;
  const size_t length = size_t(n);
  // --- YOUR CODE (15 lines in ours)
  // It hangs only if there are more pieces than workers. What does rank 0 do then that its worker cannot answer?
  if (rank == 0) {
    for (int p = 0; p < pieces; ++p)
      MPI_CHECK(MPI_Send(in + size_t(p) * length, n, MPI_FLOAT, 1 + p % workers, tag, comm));
    for (int p = 0; p < pieces; ++p)
      MPI_CHECK(MPI_Recv(out + size_t(p) * length, n, MPI_FLOAT, 1 + p % workers, tag, comm, MPI_STATUS_IGNORE));
    return;
  }
  std::vector<float> piece(length);
  for (int p = rank - 1; p < pieces; p += workers) {
    MPI_CHECK(MPI_Recv(piece.data(), n, MPI_FLOAT, 0, tag, comm, MPI_STATUS_IGNORE));
    square(piece.data(), n);
    MPI_CHECK(MPI_Send(piece.data(), n, MPI_FLOAT, 0, tag, comm));
  }
  // --- END OF YOUR CODE
}
// As generated: 3118533438-2156
