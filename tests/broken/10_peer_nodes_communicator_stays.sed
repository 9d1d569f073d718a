# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_programs_test Programs.GoFrom*
s/^  if (near != comm_) MPI_CHECK(MPI_Comm_free(&near));$//
