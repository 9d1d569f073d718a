# chapters/04_point_to_point/serial_run.cpp 04_point_to_point_test CompareWithSerialRun.*
s/return on_rank_0(comm, /return on_rank_0(MPI_COMM_WORLD, /
