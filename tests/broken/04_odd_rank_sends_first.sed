# chapters/04_point_to_point/ring_shift.cpp 04_point_to_point_test Ways/Ring.*
s|if (rank % 2 == 0) MPI_CHECK(MPI_Send|if (rank % 2 <= 1) MPI_CHECK(MPI_Send|
