# common/mpi_guard/page.cpp common_mpi_guard_test Planted/Guard.*/no_shared_memory
s/over_ranks(MPI_MIN, page != nullptr, node)/over_ranks(MPI_MAX, page != nullptr, node)/
