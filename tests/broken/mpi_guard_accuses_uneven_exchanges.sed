# common/mpi_guard/call.h mpi_guard_diagnosis_test Calls.*
s/X(alltoallv, "MPI_Alltoallv", collective, "-") /X(alltoallv, "MPI_Alltoallv", collective, "c") /
