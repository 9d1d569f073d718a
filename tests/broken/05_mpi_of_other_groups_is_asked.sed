# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *IsRefused*
s/&all, 1, MPI_INT, MPI_MIN, comm)/\&all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD)/
