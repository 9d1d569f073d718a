# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.EndsTheJobWhen*
s/  return died(first) || std::any_of(others.begin(), others.end(), died);/  return std::any_of(others.begin(), others.end(), died);/
