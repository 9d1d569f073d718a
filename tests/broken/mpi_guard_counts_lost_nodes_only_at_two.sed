# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.LetsIn*
s/^                 nodes - 1 - connected, nodes - 1);/                 nodes - connected, nodes - 1);/
