# chapters/06_data_parallel/interleaved.cpp 06_data_parallel_settings_test Turns.*
s/^  sleep_until_all_are_here(MPI_COMM_WORLD);/  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));/
