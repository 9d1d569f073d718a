# common/mpi_guard/leftovers.cpp common_mpi_guard_test Planted/Guard.*/nothing_left
s/ \&\& all\[1\] > 0 / \&\& all[1] != 0 /
