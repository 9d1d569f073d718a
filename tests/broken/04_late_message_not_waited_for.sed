# chapters/04_point_to_point/message_cost.cpp 04_point_to_point_tables_test EagerLimit.*
s/^    if (!done) MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));//
