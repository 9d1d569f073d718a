// task: 04_odd_even_sort
// says: MPI_Allgatherv_c is called
// The allgather that the task forbids, in the form for large counts, which the guard does not know.
#include <mpi.h>

#include <algorithm>
#include <vector>

void odd_even_sort(float* losses, const int* counts, MPI_Comm comm) {
  int rank, size;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  std::vector<int> at(1, 0);
  for (int r = 0; r < size; ++r) at.push_back(at.back() + counts[r]);
  std::vector<float> all(size_t(at.back()));
  const std::vector<MPI_Count> many(counts, counts + size);
  const std::vector<MPI_Aint> places(at.begin(), at.end());
  MPI_Allgatherv_c(losses, counts[rank], MPI_FLOAT, all.data(), many.data(), places.data(), MPI_FLOAT, comm);
  std::sort(all.begin(), all.end());
  std::copy_n(all.begin() + at[size_t(rank)], counts[rank], losses);
}
