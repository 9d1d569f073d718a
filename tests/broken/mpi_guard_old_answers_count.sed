# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.*
s/^  for (Node\& node : others) node\.answered = false;//
