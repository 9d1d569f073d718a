# chapters/12_restart/checkpoint_writer.cpp 12_programs_test Programs.AContinuedRunEnds*
s/^  MPI_CHECK(MPI_Comm_free(&comm_));$//
