// The session, the launcher script and the test main themselves.
// ranks: 1 2 3 4 5 7 8
#include "common/mpi/session.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/mpi_expect.h"

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
