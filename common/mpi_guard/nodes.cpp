// See nodes.h.
#include "common/mpi_guard/nodes.h"

namespace guard {

namespace {
int ranks = 1;
}

void connect_nodes(MPI_Comm) { PMPI_Comm_size(MPI_COMM_WORLD, &ranks); }
int ranks_in_job() { return ranks; }
bool is_first_node() { return true; }
std::vector<NodeState> states_of_other_nodes() { return {}; }
std::vector<RankReport> ask_other_nodes(double) { return {}; }
void tell_first_node(const NodeState&, Page&) {}

}  // namespace guard
