# common/mpi_guard/leftovers.cpp mpi_guard_waiting_test Waiting.KeepsNoRequests*
s/if (wanted() \&\& request != MPI_REQUEST_NULL)/if (request != MPI_REQUEST_NULL)/
