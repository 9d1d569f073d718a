#include "chapters/06_data_parallel/replicas.h"

#include <algorithm>
#include <string>

#include "common/error.h"
#include "common/hash.h"
#include "common/mpi/session.h"

size_t count_correct_together(Mlp& mlp, const Dataset& data, MPI_Comm comm) {
  uint64_t correct = count_correct(mlp, data, share(data.count, size_t(ranks_of(comm)), size_t(rank_of(comm))));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &correct, 1, MPI_UINT64_T, MPI_SUM, comm));
  return correct;
}

std::string differences(const std::vector<Copy>& copies) {
  const auto equal_to = [&](const Copy& c) { return std::ranges::count(copies, c.hash, &Copy::hash); };
  const Copy usual = *std::ranges::max_element(copies, {}, equal_to);
  const bool known = 2 * equal_to(usual) > std::ssize(copies);  // who is right: most of them
  std::string odd;
  for (const Copy& c : copies)
    if (!known || c.hash != usual.hash) odd += (odd.empty() ? "" : ", ") + std::to_string(c.rank);
  return odd.empty() ? "" : "the weights of rank " + odd + " differ from " + (known ? "those of the others" : "each other");
}

void require_equal_replicas(std::span<const float> weights, size_t step, MPI_Comm comm) {
  const Copy mine{hash_bits(weights), rank_of(comm)};
  std::vector<Copy> all(size_t(ranks_of(comm)));
  MPI_CHECK(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, comm));
  const std::string who = differences(all);
  if (!who.empty()) throw Error("after step " + std::to_string(step) + " " + who);
}
