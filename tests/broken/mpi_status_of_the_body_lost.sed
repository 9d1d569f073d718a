# common/mpi/session.cpp common_failing_ranks_test FailingRank.AnExceptionThatIsCaught*
s/return body(mpi, argc, argv);/return body(mpi, argc, argv), 0;/
