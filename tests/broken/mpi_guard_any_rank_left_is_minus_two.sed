# common/mpi_guard/leftovers.cpp common_mpi_guard_test Planted/Guard.*/leftover_requests
s/value == any ? std::string("any") : std::to_string(value)/std::to_string(value)/
