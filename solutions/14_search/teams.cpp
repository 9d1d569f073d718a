// Teams of unequal sizes, each of which works on something of its own.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/mpi/session.h"

// Rank 0 of world is the manager, the w ranks behind it are workers: rank 1 is worker 0. They are cut into teams of neighbours,
// in proportion to weights (teams), which are 1 or more: team t has the workers from first(t) up to, and without, first(t + 1), where
//
//   first(t) = w · (weights[0] + ... + weights[t - 1]) / (weights[0] + ... + weights[teams - 1]), rounded down.
//
// No team is empty. Its lowest rank is its leader.
//
// x (teams, n) is on rank 0, elsewhere null. Row t goes to the leader of team t, who gives it to all of the team; every worker calls
// work(row, n, team) once, with a communicator of its team's ranks in the order of world. work talks on it, and leaves the same
// row on all of the team; the leader sends it back, and it takes the place of row t of x. All teams work at the same time.
// Communicators that are made here are freed here.
void run_teams(float* x, int n, const int* weights, int teams, void (*work)(float* row, int n, MPI_Comm team), MPI_Comm world) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(world, &rank));
  MPI_CHECK(MPI_Comm_size(world, &ranks));
  // BEGIN SOLUTION
  int total = 0, before = 0, mine = 0, leader = 0;
  for (int t = 0; t < teams; ++t) total += weights[t];
  std::vector<int> leaders;
  for (int t = 0; t < teams; before += weights[t], ++t) {
    leaders.push_back(1 + (ranks - 1) * before / total);
    if (leaders[size_t(t)] <= rank) mine = t, leader = leaders[size_t(t)];
  }
  MPI_Comm farm, team;
  MPI_CHECK(MPI_Comm_split(world, rank == 0 || rank == leader ? 0 : MPI_UNDEFINED, rank, &farm));
  MPI_CHECK(MPI_Comm_split(world, rank == 0 ? MPI_UNDEFINED : mine, rank, &team));
  if (rank == 0) {
    for (int t = 0; t < teams; ++t) MPI_CHECK(MPI_Send(x + t * n, n, MPI_FLOAT, t + 1, 1, farm));
    for (int t = 0; t < teams; ++t) MPI_CHECK(MPI_Recv(x + t * n, n, MPI_FLOAT, t + 1, 1, farm, MPI_STATUS_IGNORE));
  } else {
    std::vector<float> row(static_cast<size_t>(n));
    if (rank == leader) MPI_CHECK(MPI_Recv(row.data(), n, MPI_FLOAT, 0, 1, farm, MPI_STATUS_IGNORE));
    MPI_CHECK(MPI_Bcast(row.data(), n, MPI_FLOAT, 0, team));
    work(row.data(), n, team);
    if (rank == leader) MPI_CHECK(MPI_Send(row.data(), n, MPI_FLOAT, 0, 1, farm));
    MPI_CHECK(MPI_Comm_free(&team));
  }
  if (farm != MPI_COMM_NULL) MPI_CHECK(MPI_Comm_free(&farm));
  // TODO
  // First each rank's team and its leader; then who names which color; then the way of a row. Which rank has the leader of team t
  // in a communicator of the manager and the leaders?
  // STUB
  // (void)x, (void)n, (void)weights, (void)teams, (void)work;
  // END SOLUTION
}
