# common/mpi_guard/point_to_point.cpp common_mpi_guard_test Planted/Guard.*/no_message
s/^  if (\*matched != MPI_MESSAGE_NO_PROC) note_message/  note_message/
