#include "chapters/14_search/team.h"

#include "common/error.h"
#include "common/mpi/session.h"

Teams::Teams(int ranks_per_trial, MPI_Comm world) {
  const int rank = rank_of(world), workers = ranks_of(world) - 1;
  if (workers < 1) throw Error("search needs a manager and a worker, so two ranks or more");
  if (workers % ranks_per_trial != 0)
    throw Error(std::to_string(workers + 1) + " ranks are a manager and " + std::to_string(workers) +
                " for trials, which cannot be cut into teams of " + std::to_string(ranks_per_trial));
  const bool is_manager = rank == 0, is_leader = !is_manager && (rank - 1) % ranks_per_trial == 0;
  MPI_CHECK(MPI_Comm_split(world, is_manager || is_leader ? 0 : MPI_UNDEFINED, rank, &farm_));
  MPI_CHECK(MPI_Comm_split(world, is_manager ? MPI_UNDEFINED : (rank - 1) / ranks_per_trial, rank, &team_));
}

Teams::~Teams() {
  if (farm_ != MPI_COMM_NULL) MPI_Comm_free(&farm_);
  if (team_ != MPI_COMM_NULL) MPI_Comm_free(&team_);
}

namespace {

// From the leader to its team: there is a stretch to run, and with which weights; or that it is over.
struct Order {
  int32_t over = 0;
  int32_t weights = 0;  // how many follow
  Stretch stretch;
};

void tell(Order& order, std::vector<float>& weights, MPI_Comm team) {
  MPI_CHECK(MPI_Bcast(&order, sizeof order, MPI_BYTE, 0, team));
  weights.resize(size_t(order.weights));
  if (order.weights > 0) MPI_CHECK(MPI_Bcast(weights.data(), order.weights, MPI_FLOAT, 0, team));
}

}  // namespace

void work_in_team(const RunStretch& run, const Teams& teams) {
  const MPI_Comm team = teams.team();
  std::vector<float> weights;
  if (teams.leader()) {
    work(
        [&](const Stretch& stretch, std::vector<float>& from_manager) {
          Order order{.over = 0, .weights = int32_t(from_manager.size()), .stretch = stretch};
          tell(order, from_manager, team);
          return run(stretch, from_manager);
        },
        teams.farm());
    Order order{.over = 1, .weights = 0, .stretch = {}};
    tell(order, weights, team);
    return;
  }
  for (Order order;;) {
    tell(order, weights, team);
    if (order.over) return;
    try {
      run(order.stretch, weights);
    } catch (const Error&) {
      // The leader met the same one, and reports it.
    }
  }
}
