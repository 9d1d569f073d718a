# common/mpi/session.cpp common_failing_ranks_test FailingRank.AnEndThat*
s/^  std::signal(SIGALRM,.*/  ;/
