# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *IsRefused*
s/1, MPI_INT, MPI_MIN/1, MPI_INT, MPI_MAX/
