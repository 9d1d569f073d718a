# common/mpi_guard/leftovers.cpp common_mpi_guard_test Planted/Guard*/forbidden_collective
s/op <= Op::ireduce_scatter_block/op < Op::ireduce_scatter_block/
