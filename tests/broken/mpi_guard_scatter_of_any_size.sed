# common/mpi_guard/call.h mpi_guard_diagnosis_test Calls.*
s/X(scatter, "MPI_Scatter", collective, "rc") /X(scatter, "MPI_Scatter", collective, "r")  /
