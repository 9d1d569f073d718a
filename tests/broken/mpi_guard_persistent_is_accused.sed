# common/mpi_guard/leftovers.cpp common_mpi_guard_test Planted/Guard.*/persistent_requests
s/^void note_persistent() { persistent = true; }/void note_persistent() {}/
