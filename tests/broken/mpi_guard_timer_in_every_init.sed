# common/mpi_guard/init.cpp common_mpi_guard_test *waits_in_init
s/const YieldByTimer timer(std::atoi(ranks.c_str()) > CPU_COUNT(&cores));/const YieldByTimer timer(true);/
