# common/mpi_guard/completion.cpp mpi_guard_test PoliteCompletion.*
s/if (until == Until::any) left = std::min(left, 1);/;/
