#include "chapters/13_scaling/many_rings.h"

#include <climits>
#include <functional>
#include <vector>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulation.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// Messages of one moment: all begin, then all are waited for.
class Round {
 public:
  explicit Round(void* memory) : memory_(memory) {}
  void exchange(double bytes, int to, int from, int tag) {
    if (bytes > INT_MAX) throw Error("a block of " + std::to_string(bytes) + " bytes is too long for MPI");
    MPI_CHECK(MPI_Irecv(memory_, int(bytes), MPI_BYTE, from, tag, MPI_COMM_WORLD, &requests_.emplace_back()));
    MPI_CHECK(MPI_Isend(memory_, int(bytes), MPI_BYTE, to, tag, MPI_COMM_WORLD, &requests_.emplace_back()));
  }
  void wait() {
    MPI_CHECK(MPI_Waitall(int(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
    requests_.clear();
  }

 private:
  void* memory_;
  std::vector<MPI_Request> requests_;
};

// Two numbers are read, one is written.
void add(double bytes) { compute(3 * bytes / this_cluster().bytes_per_second); }

double run(const Cluster& cluster, int gpus, const std::function<void(Round&, int rank)>& program) {
  void* memory = ghost_allocate(size_t{1} << 31);
  return simulate(cluster, gpus, [&] {
           Round round(memory);
           program(round, rank_of(MPI_COMM_WORLD));
         })
      .seconds;
}

}  // namespace

double seconds_of_rings(const Cluster& cluster, int gpus, int rings, double bytes) {
  const int of_node = cluster.ranks_per_node;
  // Ring k goes through a node's GPUs k + 1, k + 2, ..., k: it leaves by the card of the last one.
  const auto next = [&](int rank, int k, int steps) {
    const int first = k + 1, place = rank / of_node * of_node + (rank % of_node - first + of_node) % of_node,
              there = (place + steps + gpus) % gpus;
    return there / of_node * of_node + (there % of_node + first) % of_node;
  };
  const double block = bytes / rings / gpus;
  return run(cluster, gpus, [&](Round& round, int rank) {
    for (int step = 0; step < 2 * (gpus - 1); ++step) {
      for (int k = 0; k < rings; ++k) round.exchange(block, next(rank, k, 1), next(rank, k, -1), k);
      round.wait();
      if (step < gpus - 1) add(rings * block);
    }
  });
}

double seconds_of_two_levels(const Cluster& cluster, double bytes, int pieces) {
  const int of_node = cluster.ranks_per_node, gpus = 2 * of_node;
  const double block = bytes / pieces / of_node;
  return run(cluster, gpus, [&](Round& round, int rank) {
    const int first = rank / of_node * of_node, partner = (rank + of_node) % gpus;
    const auto inside = [&](int tag) {
      for (int step = 1; step < of_node; ++step)
        round.exchange(block, first + (rank + step) % of_node, first + (rank - step + of_node) % of_node, tag);
    };
    for (int step = 0; step < pieces + 2; ++step) {
      const bool adds = step < pieces, crosses = step >= 1 && step <= pieces, gives = step >= 2;
      if (adds) inside(0);
      if (crosses) round.exchange(block, partner, partner, 1);
      if (gives) inside(2);
      round.wait();
      if (adds) add((of_node - 1) * block);
      if (crosses) add(block);
    }
  });
}
