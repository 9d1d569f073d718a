# common/mpi/session.cpp common_failing_ranks_test FailingRank.EndsTheJob*
s/MPI_Abort(MPI_COMM_WORLD, status);/MPI_Abort(MPI_COMM_WORLD, status != 0);/
