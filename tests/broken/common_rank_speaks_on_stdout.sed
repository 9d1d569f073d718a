# common/mpi/session.cpp common_failing_ranks_test FailingRank.All*
s/std::fputs((line + "\\n").c_str(), stderr);/std::fputs((line + "\\n").c_str(), stdout), std::fflush(stdout);/
