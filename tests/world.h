// For MPI tests: the rank of this process and how many ranks there are, known before the first test begins.
#pragma once

#include <gtest/gtest.h>

#include "common/mpi/session.h"

inline int rank = 0, ranks = 1;
struct World : testing::Environment {
  void SetUp() override { rank = rank_of(MPI_COMM_WORLD), ranks = ranks_of(MPI_COMM_WORLD); }
};
inline const auto* const world = testing::AddGlobalTestEnvironment(new World);
