# chapters/12_restart/write_all.cpp 12_restart_measuring_test Bench.PrintsWhat*
s/^  MPI_CHECK(MPI_File_sync(opened));$//
