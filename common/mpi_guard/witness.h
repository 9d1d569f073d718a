// A witness per rank: a child process, forked before MPI_Init, that does nothing but outlive its rank and say
// so when the rank dies.
//
// Why a process: as soon as one rank dies, MPICH's launcher kills the others, which leaves their threads no
// time for a word, and its own message names no rank. The witness holds the same pipes to the launcher as its
// rank, so the launcher hears nothing before the witness has spoken.
#pragma once

namespace guard {

void start_witness();  // before PMPI_Init

// Once the node's page lies in shared memory under `page_name`: slot `index` of it is this rank's.
void introduce_to_witness(const char* page_name, int index);

void dismiss_witness();  // in MPI_Finalize: what happens later is no longer MPI's business

}  // namespace guard
