# common/mpi_guard/leftovers.cpp common_mpi_guard_test Planted/Guard.*/judged_program
s/list = guard_judges ? guard_judges : std::getenv/list = std::getenv/
