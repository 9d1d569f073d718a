// Teams of unequal sizes, each of which works on something of its own.
//
// Task 14_teams: stretch, 6 points. Try it: make ex-14_teams
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
  // --- YOUR CODE (22 lines in ours)
  // First each rank's team and its leader; then who names which color; then the way of a row. Which rank has the leader of team t
  // in a communicator of the manager and the leaders?
  (void)x, (void)n, (void)weights, (void)teams, (void)work;
  // --- END OF YOUR CODE
}
// As generated: 1710185542-1660
