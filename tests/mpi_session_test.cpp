// The session, the launcher script and the test main themselves.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include "common/mpi/session.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "tests/mpi_expect.h"

extern MpiSession* session_of_test;  // mpi_main.cpp

TEST(MpiSession, WorldIsAsLargeAsTheLauncherWasAsked) {
  int size = 0;
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
  const char* asked = std::getenv("EXPECT_RANKS");
  ASSERT_ON_ALL_RANKS(asked != nullptr) << "start this test with tests/run or common/mpi/launch";
  EXPECT_ON_ALL_RANKS(std::to_string(size) == asked);
}

TEST(MpiSession, ErrorsReturnInsteadOfEndingTheProgram) {
  const int error = MPI_Send(nullptr, 0, MPI_INT, -77, 0, MPI_COMM_WORLD);
  int kind = MPI_SUCCESS;
  MPI_CHECK(MPI_Error_class(error, &kind));
  EXPECT_ON_ALL_RANKS(kind == MPI_ERR_RANK);
  MPI_Errhandler alone;
  MPI_CHECK(MPI_Comm_get_errhandler(MPI_COMM_SELF, &alone));
  EXPECT_ON_ALL_RANKS(alone == MPI_ERRORS_RETURN);
}

TEST(MpiSession, KnowsItsRanks) {
  MPI_Comm node, reversed;
  int rank = 0, size = 0, node_rank = 0, node_size = 0;
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
  MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node));
  MPI_CHECK(MPI_Comm_rank(node, &node_rank));
  MPI_CHECK(MPI_Comm_size(node, &node_size));
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank / 2, -rank, &reversed));
  const MpiSession& mpi = *session_of_test;
  EXPECT_ON_ALL_RANKS(mpi.rank() == rank && mpi.size() == size && mpi.node_rank() == node_rank && mpi.node_size() == node_size);
  EXPECT_ON_ALL_RANKS(rank_of(MPI_COMM_WORLD) == rank && ranks_of(MPI_COMM_WORLD) == size);
  const int pair = rank / 2 * 2 + 1 < size ? 2 : 1;
  EXPECT_ON_ALL_RANKS(ranks_of(reversed) == pair && rank_of(reversed) == (pair == 2 ? 1 - rank % 2 : 0));
  for (MPI_Comm* comm : {&node, &reversed}) MPI_CHECK(MPI_Comm_free(comm));
}

// While a rank sleeps, its watchdog naps: it takes no processor time. By the clock of the process, which a busy machine does not change.
TEST(MpiSession, AWatchdogThatHasNothingToDoNaps) {
  if (ranks_of(MPI_COMM_WORLD) != 2) {
    EXPECT_ON_ALL_RANKS(true);
    return;
  }
  const clock_t begin = std::clock();
  usleep(200'000);
  const double used = double(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_ON_ALL_RANKS(used < 0.05) << used;
}

TEST(MpiExpect, OneFailingRankFailsTheVerdictOnAll) {
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const auto verdict = mpi_expect::on_all_ranks(rank != size - 1, "text");
  EXPECT_ON_ALL_RANKS(!verdict);
  const std::string named = "false on rank " + std::to_string(size - 1);
  EXPECT_ON_ALL_RANKS(std::string(verdict.message()).find(named) != std::string::npos) << verdict.message();
}

TEST(Assertions, DISABLED_NoneOnAnyRank) {}

TEST(Failures, DISABLED_OnOtherRanks) {
  const int rank = rank_of(MPI_COMM_WORLD);
  EXPECT_TRUE(rank != 1 && rank != 2) << "not on ranks 1 and 2";
  EXPECT_NE(rank, 3) << "not on rank 3";
}

TEST(Assertions, OneRankMayAssertForAll) {
  if (rank_of(MPI_COMM_WORLD) == 0) {
    EXPECT_EQ(rank_of(MPI_COMM_WORLD), 0);
  }
}
