#include "chapters/06_data_parallel/replicas.h"

#include <algorithm>
#include <string>

#include "common/error.h"
#include "common/hash.h"
#include "common/mpi/session.h"

namespace {

int rank_in(MPI_Comm comm) {
  int rank;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  return rank;
}

int size_of(MPI_Comm comm) {
  int size;
  MPI_CHECK(MPI_Comm_size(comm, &size));
  return size;
}

// The hash that most ranks have; among equals the one of the lowest rank.
uint64_t most_frequent(const std::vector<uint64_t>& hashes) {
  auto count = [&](uint64_t hash) { return std::count(hashes.begin(), hashes.end(), hash); };
  return *std::max_element(hashes.begin(), hashes.end(), [&](uint64_t a, uint64_t b) { return count(a) < count(b); });
}

}  // namespace

size_t count_correct_together(Mlp& mlp, const Dataset& data, MPI_Comm comm) {
  uint64_t correct = count_correct(mlp, data, share(data.count, size_t(size_of(comm)), size_t(rank_in(comm))));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &correct, 1, MPI_UINT64_T, MPI_SUM, comm));
  return correct;
}

void require_equal_replicas(std::span<const float> weights, size_t step, MPI_Comm comm) {
  const uint64_t mine = hash_bits(weights);
  std::vector<uint64_t> hashes(size_t(size_of(comm)));
  MPI_CHECK(MPI_Allgather(&mine, 1, MPI_UINT64_T, hashes.data(), 1, MPI_UINT64_T, comm));

  const uint64_t usual = most_frequent(hashes);
  std::string others;
  for (size_t rank = 0; rank < hashes.size(); ++rank)
    if (hashes[rank] != usual) others += (others.empty() ? "" : ", ") + std::to_string(rank);
  if (!others.empty())
    throw Error("after step " + std::to_string(step) + " the weights of rank " + others + " differ from those of the others");
}
