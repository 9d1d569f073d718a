# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.LetsIn*
s/while (int(others.size()) < nodes - 1)/while (int(others.size()) <= nodes - 1)/
