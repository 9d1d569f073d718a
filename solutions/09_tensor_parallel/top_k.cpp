// The k best classes of every row, where each rank knows some of the classes.
#include <algorithm>
#include <limits>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

struct Candidate {
  float z;
  int number;  // of the class
};
inline bool better(const Candidate& a, const Candidate& b) { return a.z > b.z || (a.z == b.z && a.number < b.number); }

// This rank has the columns share(classes, ranks, rank) of the logits, as z (rows, size of that share), maybe none.
//
// top (rows, k), on every rank: the numbers of the k classes with the largest logits of the row, the largest first,
// and among equals the lower number first. 1 <= k <= classes, but a rank may have fewer than k. All logits are finite.
// What travels are candidates, k of each rank and row, not the logits: there may be 100,000 classes.
void top_k(int* top, const float* z, int rows, int classes, int k, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  [[maybe_unused]] const Range mine = share(size_t(classes), size_t(ranks), size_t(rank));
  // BEGIN SOLUTION
  const size_t per_rank = size_t(rows) * size_t(k);
  std::vector<Candidate> here(per_rank, {-std::numeric_limits<float>::infinity(), classes});
  for (size_t row = 0; row < size_t(rows); ++row) {
    std::vector<Candidate> of_row;
    for (size_t c = 0; c < mine.size(); ++c) of_row.push_back({z[row * mine.size() + c], int(mine.first + c)});
    std::sort(of_row.begin(), of_row.end(), better);
    std::copy_n(of_row.begin(), std::min(size_t(k), of_row.size()), here.begin() + long(row) * k);
  }
  std::vector<Candidate> all(per_rank * size_t(ranks));
  const int bytes = int(per_rank * sizeof(Candidate));
  MPI_CHECK(MPI_Allgather(here.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, comm));
  for (size_t row = 0; row < size_t(rows); ++row) {
    std::vector<Candidate> of_row;
    for (int r = 0; r < ranks; ++r) of_row.insert(of_row.end(), &all[r * per_rank + row * k], &all[r * per_rank + row * k] + k);
    std::sort(of_row.begin(), of_row.end(), better);
    for (int i = 0; i < k; ++i) top[row * size_t(k) + size_t(i)] = of_row[size_t(i)].number;
  }
  // TODO
  // The best k of a rank, padded with candidates that nobody chooses; gather those of all ranks; the best k of these.
  // STUB
  // END SOLUTION
}
