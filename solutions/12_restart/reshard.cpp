// Weights that go from one cut over the ranks to another, without a file.
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
  // BEGIN SOLUTION
  auto overlap = [](Range a, Range b) { return Range{std::max(a.first, b.first), std::min(a.last, b.last)}; };
  // Where in `here` the elements lie that `there` has, too: row by row, so that both sides have them in the same order.
  const auto shared = [&](const Part& here, const Part& there) {
    const Range rows = overlap(here.rows, there.rows), columns = overlap(here.columns, there.columns);
    std::vector<size_t> places;
    for (size_t r = rows.first; r < rows.last; ++r)
      for (size_t c = columns.first; c < columns.last; ++c)
        places.push_back((r - here.rows.first) * here.columns.size() + c - here.columns.first);
    return places;
  };
  std::vector<int> send_counts, send_starts, receive_counts, receive_starts;
  std::vector<float> sent;
  std::vector<size_t> places;  // in new_part, of what is received
  for (size_t r = 0; r < new_parts.size(); ++r) {
    const auto gives = shared(old_parts[rank], new_parts[r]), takes = shared(new_parts[rank], old_parts[r]);
    send_counts.push_back(int(gives.size()));
    send_starts.push_back(int(sent.size()));
    for (size_t place : gives) sent.push_back(old_part[place]);
    receive_counts.push_back(int(takes.size()));
    receive_starts.push_back(int(places.size()));
    places.insert(places.end(), takes.begin(), takes.end());
  }
  std::vector<float> received(places.size());
  alltoallv(received, receive_counts, receive_starts, sent, send_counts, send_starts, comm);
  for (size_t i = 0; i < places.size(); ++i) new_part[places[i]] = received[i];
  // TODO
  // Which elements does your old part share with each of the new ones, and your new part with each of the old ones? In which
  // order do both sides list them? And where does each of them lie in a part, whose rows are as long as it has columns?
  // STUB
  // END SOLUTION
}
