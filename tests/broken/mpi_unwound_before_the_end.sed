# common/mpi/session.cpp common_failing_ranks_test FailingRank.EndsTheJob*
s/  return body(mpi, argc, argv);/  try { return body(mpi, argc, argv); } catch (...) { end_after_exception(); }/
