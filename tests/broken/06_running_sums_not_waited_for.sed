# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_programs_test Train.LeavesNothing*
s/^  MPI_CHECK(MPI_Waitall(int(sends.size()), sends.data(), MPI_STATUSES_IGNORE));//
