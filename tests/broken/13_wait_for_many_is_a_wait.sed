# chapters/13_scaling/simulated_mpi.cpp 13_scaling_corners_test Timeline.*
s/count == 1 ? "MPI_Wait" : "MPI_Waitall"/"MPI_Wait"/
