# common/mpi_guard/watchdog.cpp common_mpi_guard_test Planted/Guard.*/patience
s/std::atof(text) : 10.0;/std::atof(text) : 60.0;/
