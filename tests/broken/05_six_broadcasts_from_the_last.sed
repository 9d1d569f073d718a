# chapters/05_collectives/six.cpp 05_programs_test Ranks/SixProgram.EveryRank*
s/MPI_Bcast(copy.data(), p, MPI_INT, root,/MPI_Bcast(copy.data(), p, MPI_INT, p - 1,/
