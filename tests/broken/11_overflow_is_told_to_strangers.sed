# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.AreThoseOfTheRanks*
s/MPI_DOUBLE, MPI_SUM, comm)/MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD)/
