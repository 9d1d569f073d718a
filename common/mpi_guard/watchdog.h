// The watchdog: a sleeping thread per rank that makes no MPI call.
#pragma once

#include "common/mpi_guard/page.h"

namespace guard {

// The exit status of a job that the guard ends.
constexpr int guard_exit_status = 86;

// `page` is null where there is no shared memory. `node_rank`: this rank's slot of it. After connect_nodes.
void start_watchdog(Page* page, int node_rank);
void stop_watchdog();

// Called before MPI_Abort: ranks that die from now on are not news. Where the rank last called a collective, says
// how the others called it differently, if they did.
void watchdog_job_is_ending();

// Before PMPI_Abort: a launcher that hears of it drops what it has not read of this rank's pipes. Five seconds at most.
void wait_until_words_are_read();

// For atexit: a rank that leaves between MPI_Init and MPI_Finalize would leave the others waiting for ever, and a
// launcher that sees exit status 0 would not mind.
void end_job_without_finalize();

}  // namespace guard
