# common/mpi/session.cpp common_mpi_guard_test Planted/Guard.*/one_rank_throws
s/catch (const std::exception& error)/catch (const std::runtime_error\& error)/
