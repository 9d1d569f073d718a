// How the helper threads of several nodes talk: over TCP, not MPI, to the host of rank 0. The first rank of each
// node speaks for its node.
#pragma once

#include <mpi.h>

#include <vector>

#include "common/mpi_guard/page.h"

namespace guard {

struct NodeState {
  bool everyone_waits = false;
  uint64_t moves = 0;
};

// Collective, in MPI_Init. With one node only, there is nothing to connect. Where the hosts cannot reach each
// other, rank 0 says so, and the watchdog never fires.
void connect_nodes(MPI_Comm node);

int ranks_in_job();
bool is_first_node();

// On rank 0's node: hears the others, and whether one has said that it ends the job; what they said last; their ranks' reports.
bool another_node_ends_the_job();
std::vector<NodeState> states_of_other_nodes();
std::vector<RankReport> ask_other_nodes(double seconds);

// Whether the rank that speaks for another node has ended without a farewell; the farewell, in MPI_Finalize.
bool another_node_died();
void take_leave_of_other_nodes();

// A last word. On rank 0's node it returns when the others have left; the others tell that node alone, which tells the rest.
void tell_other_nodes_of_the_end();

// On the other nodes: says how it goes, answers a question if one has come, heeds the last word.
void tell_first_node(const NodeState& state, Page& page);

}  // namespace guard
