// What the tests of chapter 13 share: clusters whose times are exact, and messages between simulated ranks.
#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <string>
#include <vector>

#include "chapters/13_scaling/simulation.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace simulated_ranks {

// Powers of two, so that sums of these times are exact and can be compared for equality.
constexpr double latency = 1.0 / 1024, overhead = 1.0 / 4096, alpha = latency + overhead,
                 beta = 1.0 / 1048576;

// Every rank on a node of its own, with a card of its own; nothing but messages costs time.
inline Cluster flat() {
  Cluster c;
  c.title = "flat";
  c.inside =
      c.between = {.latency = latency, .overhead = overhead, .rendezvous = 0, .bytes_per_second = 1 / beta};
  c.eager_bytes = 1e18;
  c.operations_per_second = c.bytes_per_second = 1e300;
  return c;
}

inline Cluster nodes_of(int ranks, int cards) {
  Cluster c = flat();
  c.ranks_per_node = ranks;
  c.cards_per_node = cards;
  c.inside.latency = latency / 8;
  c.inside.bytes_per_second = 16 / beta;
  return c;
}

inline int rank() { return rank_of(MPI_COMM_WORLD); }

inline void send_bytes(size_t n, int to, int tag = 0) {
  std::vector<char> data(n, char(to));
  MPI_CHECK(MPI_Send(data.data(), int(n), MPI_CHAR, to, tag, MPI_COMM_WORLD));
}
inline void receive_bytes(size_t n, int from, int tag = 0) {
  std::vector<char> data(n);
  MPI_CHECK(MPI_Recv(data.data(), int(n), MPI_CHAR, from, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
}

// The text of the Error that f throws.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace simulated_ranks
