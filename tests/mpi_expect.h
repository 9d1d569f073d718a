// Assertions for MPI tests. A plain ASSERT that fails on one rank leaves the test there and lets the others
// wait for that rank; a plain EXPECT is seen by that rank alone. So the verdict is reduced first, then every
// rank asserts the same.
#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <string>
#include <vector>

#include "tests/error_of.h"

namespace mpi_expect {

// Marks the failures of ranks on which the condition holds; tests/mpi_main.cpp does not print those.
inline const char* const holds_here = "it holds on this rank; ";

// Collective over `communicator`: true where `condition` holds on all its ranks.
inline ::testing::AssertionResult on_all_ranks(bool condition, const char* text,
                                               MPI_Comm communicator = MPI_COMM_WORLD) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  std::vector<int> holds(size, 0);
  const int mine = condition;
  MPI_Allgather(&mine, 1, MPI_INT, holds.data(), 1, MPI_INT, communicator);
  std::string failed;
  for (int rank = 0; rank < size; rank++)
    if (!holds[rank]) failed += (failed.empty() ? "" : ", ") + std::to_string(rank);
  if (failed.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << text << ": " << (condition ? holds_here : "") << "false on rank " << failed;
}

}  // namespace mpi_expect

// EXPECT_ON_ALL_RANKS(error <= bound) << "error " << error;   Called by every rank of MPI_COMM_WORLD.
#define EXPECT_ON_ALL_RANKS(condition) EXPECT_TRUE(::mpi_expect::on_all_ranks((condition), #condition))
#define ASSERT_ON_ALL_RANKS(condition) ASSERT_TRUE(::mpi_expect::on_all_ranks((condition), #condition))

// The same among the ranks of a communicator.
#define EXPECT_ON_RANKS_OF(communicator, condition) \
  EXPECT_TRUE(::mpi_expect::on_all_ranks((condition), #condition, communicator))

// Whether all ranks are on one host, so that they can share memory. Collective.
inline bool on_one_host() {
  MPI_Comm host;
  int ranks = 0, all = 0;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  MPI_Comm_size(host, &ranks);
  MPI_Comm_size(MPI_COMM_WORLD, &all);
  MPI_Comm_free(&host);
  return ranks == all;
}
