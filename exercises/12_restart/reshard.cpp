// Weights that go from one cut over the ranks to another, without a file.
//
// Task 12_reshard: stretch, 7 points. Try it: make ex-12_reshard
#include <algorithm>
#include <span>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// A part of w (in, out): the elements in these rows and these columns. It is kept row by row, and may be empty.
struct Part {
  Range rows, columns;
};

// Ours: MPI_Alltoallv for floats. Every rank of comm calls it, and its lists have an entry for every rank, itself too:
// send_counts[r] floats of `sent`, from send_starts[r] on, go to rank r; receive_counts[r] floats come from rank r, and stand
// in `received` from receive_starts[r] on. The judge sees what it is given.
void alltoallv(std::span<float> received, std::span<const int> receive_counts,
               std::span<const int> receive_starts, std::span<const float> sent,
               std::span<const int> send_counts, std::span<const int> send_starts, MPI_Comm comm);

// A job goes on with w cut in another way: by columns over 3 tensor ranks instead of 2, or by rows, because its layer is now
// the second of a pair. Chapter 12 does that by a checkpoint. Here nothing is written, and no rank ever has the whole of w.
//
// Rank r has old_parts[r] of w, as old_part, and gets new_parts[r], as new_part; all ranks know both lists, which have an entry
// for each rank of comm. Every element of w is in exactly one of the old parts and in exactly one of the new ones. Where a job
// of 5 ranks goes from 2 tensor ranks to 4, three of the old parts and one of the new ones are empty.
//
// alltoallv is called once. It brings a rank those elements of its new part that the others had, and nothing else; what it
// had itself may go through it or not. old_part stays as it is and does not overlap new_part.
void reshard(float* new_part, const float* old_part, const std::vector<Part>& new_parts,
             const std::vector<Part>& old_parts, MPI_Comm comm) {
  int rank = 0;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  // --- YOUR CODE (24 lines in ours)
  // Which elements does your old part share with each of the new ones, and your new part with each of the old ones? In which
  // order do both sides list them? And where does each of them lie in a part, whose rows are as long as it has columns?
  // --- END OF YOUR CODE
}
// As generated: 2816073137-2358
